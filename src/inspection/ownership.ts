import { readEntry } from "../platform/regular-file.ts";
import type { PoolProblem } from "../pool/pool.ts";
import type { SlotInspection } from "./slot-inspection.ts";

/** Slots that belong to another user than the pool: git refuses them ("dubious ownership"), and nothing is broken. */
export function findOwnershipProblems(
  workspacesDir: string,
  inspections: readonly SlotInspection[],
): PoolProblem[] {
  const poolUid = readEntry(workspacesDir).stats?.uid;
  return inspections.flatMap(({ slot, ownerUid }) => {
    if (ownerUid === undefined || poolUid === undefined || ownerUid === poolUid) return [];
    const detail = `belongs to user ${ownerUid}, the pool to user ${poolUid}: give it back with chown`;
    return [{ code: "ownership" as const, slotId: slot.slotId, path: slot.path, detail }];
  });
}
