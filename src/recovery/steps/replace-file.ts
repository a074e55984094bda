import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { copyToQuarantine, moveToQuarantine, type QuarantinePlace } from "../../salvage/quarantine.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { slotPlaces } from "../../pool/layouts/layout.ts";

/**
 * Writes a file of a slot's repository; what was in its place goes to quarantine.
 * @returns what was done. @throws CodedError `PATH_UNSAFE` if the path, links followed, leads out of where the step
 * works: nothing is then written.
 */
export function replaceFile(context: RecoveryContext, path: string, content: string | Buffer): string {
  requireInside(quarantineBelowPool(context).within, path);
  const { kind, stats } = readEntry(path);
  if (kind === "file") copyToQuarantine(path, quarantineBelowPool(context));
  else if (kind !== "missing") moveToQuarantine(path, quarantineBelowPool(context));
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomic(path, content, stats === undefined || kind !== "file" ? {} : { mode: stats.mode & 0o777 });
  return `wrote ${path}`;
}

/** Moves whatever is at the path to quarantine, if anything is. @throws CodedError `PATH_UNSAFE` as above. */
export function moveAside(context: RecoveryContext, path: string): void {
  requireInside(quarantineBelowPool(context).within, path);
  if (readEntry(path).kind !== "missing") moveToQuarantine(path, quarantineBelowPool(context));
}

/**
 * Where a step puts what it replaces. It takes nothing from outside the slot. The parts of a worktree slot are in several
 * places of its pool.
 */
export function quarantinePlaceOf(context: RecoveryContext): QuarantinePlace {
  const { slot, pool } = context;
  return { ...context, slotId: slot.slotId, within: slotPlaces(slot, pool) };
}

/** The same, for parts of the slot that a person may have to put back: they keep their path from the pool on. */
export function quarantineBelowPool(context: RecoveryContext): QuarantinePlace {
  return { ...quarantinePlaceOf(context), under: context.pool.directory };
}
