import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { copyToQuarantine, moveToQuarantine, type QuarantinePlace } from "../../salvage/quarantine.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * Writes a file of a slot's repository; what was in its place goes to quarantine.
 * @returns what was done. @throws CodedError `PATH_UNSAFE` if the path, links followed, leads out of where the step
 * works: nothing is then written.
 */
export function replaceFile(context: RecoveryContext, path: string, content: string | Buffer): string {
  requireInside(quarantineOf(context).within, path);
  const { kind, stats } = readEntry(path);
  if (kind === "file") copyToQuarantine(path, quarantineOf(context));
  else if (kind !== "missing") moveToQuarantine(path, quarantineOf(context));
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomic(path, content, stats === undefined || kind !== "file" ? {} : { mode: stats.mode & 0o777 });
  return `wrote ${path}`;
}

/** Moves whatever is at the path to quarantine, if anything is. @throws CodedError `PATH_UNSAFE` as above. */
export function moveAside(context: RecoveryContext, path: string): void {
  requireInside(quarantineOf(context).within, path);
  if (readEntry(path).kind !== "missing") moveToQuarantine(path, quarantineOf(context));
}

function quarantineOf(context: RecoveryContext): QuarantinePlace {
  return { ...quarantinePlaceOf(context), under: context.pool.directory };
}
