import { join } from "node:path";
import type { OrphanedLock } from "../../anomalies/anomaly.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { layouts } from "../../pool/layouts/layouts.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import { createStamp } from "../../salvage/create-stamp.ts";
import type { LiveParts, RunParts } from "../execute/recovery-parts.ts";
import { refuseByControls } from "../guards/slot-guards.ts";
import type { SlotPlan } from "../plan/recovery-plan.ts";
import type { Refusal } from "../refusal.ts";
import { moveSlotLock } from "./move-slot-lock.ts";

/** What a run would do about an orphaned lock. */
export function planLockMove(lock: OrphanedLock, parts: RunParts): SlotPlan {
  const { slotId, repoName, reason } = lock;
  const refusedNow = refuseLockMove(lock, parts);
  const step = { action: "move_slot_lock", purpose: "move_lock", endsWhen: "step_done" } as const;
  return { slotId, repoName, reasons: [], steps: [{ ...step, reason, refusedNow }] };
}

/** Moves an orphaned lock aside, unless its slot was made since it was found. */
export async function moveOrphanedLock(lock: OrphanedLock, { parts, run }: LiveParts): Promise<void> {
  const { slotId, repoName } = lock;
  const about = { slotId, repoName, action: "move_slot_lock" as const };
  const refusal = refuseLockMove(lock, parts);
  if (refusal !== undefined) {
    run.refuse(about, refusal);
    return;
  }
  const { stateDir, clock } = parts.inspection;
  const stamp = createStamp(clock.now());
  const end = await run.step({ ...about, reason: lock.reason, stamp }, (note) => {
    const { staleLockHours } = parts.thresholds;
    return moveSlotLock(lock, { stateDir, stamp, staleLockHours, now: clock.now(), note });
  });
  if (end.outcome === "done") run.count(repoName, "orphanedLocksCleaned");
  if (end.outcome === "failed") run.fail(repoName, `${lock.path} was not moved aside: ${end.detail}`);
}

/** What cannot be looked at is there. */
function places(pool: string, number: number): string[] {
  return Object.values(layouts).map((layout) => layout.slotPath(pool, number));
}

function refuseLockMove(lock: OrphanedLock, parts: RunParts): Refusal | undefined {
  const slot = parseSlotId(lock.slotId);
  const { workspacesDir } = parts.inspection;
  const hasSlot =
    lock.reason === "no_such_slot" &&
    slot !== undefined &&
    places(join(workspacesDir, slot.repoName), slot.number).some(
      (path) => readEntry(path).kind !== "missing",
    );
  return hasSlot
    ? { reason: "fault_gone", detail: "the lock's slot was made meanwhile" }
    : refuseByControls(lock, parts);
}
