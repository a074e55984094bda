import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { hoursBetween } from "../../platform/clock.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { OrphanedLock } from "../../anomalies/anomaly.ts";
import { tryAcquireSlotLock } from "../../pool/locks/slot-lock.ts";
import { copyToQuarantine, moveToQuarantine } from "../../salvage/quarantine.ts";
import type { StepNote } from "../../journal/step-note.ts";
import type { ActionResult } from "../execute/recovery-context.ts";
import { writtenAt } from "../../platform/written-at.ts";

/** Moves an orphaned lock aside: a file while we hold it, a directory while it is old. */
export function moveSlotLock(
  lock: OrphanedLock,
  place: { stateDir: string; stamp: string; staleLockHours: number; now: Date; note: StepNote },
): ActionResult {
  const quarantine = { ...place, slotId: lock.slotId, within: dirname(lock.path) };
  const entry = readEntry(lock.path);
  if (entry.stats === undefined) return { outcome: "no_effect", detail: `${lock.path} is gone` };
  if (hoursBetween(writtenAt(entry.stats), place.now) < place.staleLockHours) {
    return { outcome: "refused", reason: "lock_held", detail: `${lock.path} is in use again` };
  }
  if (entry.kind === "directory") {
    return { outcome: "done", detail: `moved aside to ${moveToQuarantine(lock.path, quarantine)}` };
  }
  const held = tryAcquireSlotLock(lock.path);
  if (held.kind === "busy") return { outcome: "refused", reason: "lock_held", detail: held.detail };
  try {
    // Not renamed: a program that waits for the lock tells a file that was unlinked, and would take one that was moved
    // for its own while another program holds the next.
    const copy = copyToQuarantine(lock.path, quarantine);
    rmSync(lock.path);
    syncDirectory(dirname(lock.path));
    return { outcome: "done", detail: `moved aside to ${copy}` };
  } finally {
    held.release();
  }
}
