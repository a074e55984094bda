import { join } from "node:path";
import type { OrphanedLock } from "../../anomalies/anomaly.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import { moveSlotLock } from "./move-slot-lock.ts";
import { refuseByControls } from "../guards/slot-guards.ts";
import type { RunParts } from "../execute/recovery-parts.ts";

/** Moves an orphaned lock aside, unless its slot was made since it was found. */
export async function moveOrphanedLock(lock: OrphanedLock, parts: RunParts): Promise<void> {
  const { run, inspection, thresholds } = parts;
  const { slotId, repoName } = lock;
  const about = { slotId, repoName, action: "move_slot_lock" as const };
  const slot = parseSlotId(slotId);
  const hasSlot =
    lock.reason === "no_such_slot" &&
    slot !== undefined &&
    readEntry(join(inspection.workspacesDir, slot.repoName, `slot${slot.number}`)).kind !== "missing";
  const refusal = hasSlot
    ? { reason: "fault_gone" as const, detail: "the lock's slot was made meanwhile" }
    : refuseByControls(lock, parts);
  if (refusal !== undefined) {
    run.refuse(about, refusal);
    return;
  }
  const stamp = run.stamp();
  const end = await run.step({ ...about, reason: lock.reason, stamp }, (note) => {
    const { stateDir, clock } = inspection;
    const { staleLockHours } = thresholds;
    return moveSlotLock(lock, { stateDir, stamp, staleLockHours, now: clock.now(), note });
  });
  if (end?.outcome === "done") run.count(repoName, "orphanedLocksCleaned");
  if (end?.outcome === "failed") run.fail(repoName, `${lock.path} was not moved aside: ${end.detail}`);
}
