import { utimesSync, type BigIntStats } from "node:fs";

const nanosecondsPerSecond = 1_000_000_000n;

export type IndexTimes = Pick<BigIntStats, "atimeNs" | "mtimeNs">;

/**
 * Gives a copy of an index the times of the original.
 *
 * Git believes that a file is unchanged if its times and size are those of its index entry and the index is younger than
 * the entry; an entry as young as its index is read again. A copy with the time of the copying would be younger than all
 * its entries, and an edit of the same size in the second in which git wrote the index would be lost.
 *
 * Git compares whole seconds (a build with USE_NSEC also what is below them), and a second is all that a Number carries
 * exactly through `utimes`: nanoseconds could be rounded up. So the copy is at most as young as the original, and git
 * reads a file more rather than a file less. Time 0 would tell git that the index has no time.
 */
export function keepIndexTimes(original: IndexTimes, copy: string): void {
  utimesSync(copy, wholeSeconds(original.atimeNs), wholeSeconds(original.mtimeNs));
}

function wholeSeconds(nanoseconds: bigint): number {
  return nanoseconds < nanosecondsPerSecond ? 1 : Number(nanoseconds / nanosecondsPerSecond);
}
