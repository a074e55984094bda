import { secondsBetween } from "../platform/clock.ts";

/** No git command works for so long without a write. */
const secondsUntilLeft = 24 * 3600;

/** Unfinished files that nobody has written to for a day: a killed git command left them. */
export function selectLeftovers<File extends { readonly modifiedAt: Date }>(
  files: readonly File[],
  now: Date,
): File[] {
  return files.filter(({ modifiedAt }) => secondsBetween(modifiedAt, now) >= secondsUntilLeft);
}
