import type { Pool, PoolProblem } from "../pool/pool.ts";
import { readPoolUser } from "./rights.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/**
 * Slots that belong to another user than the pool: git refuses them ("dubious ownership"), and nothing is broken. A
 * workspaces directory of root's may hold pools of ordinary users.
 */
export function findOwnershipProblems(
  workspacesDir: string,
  pool: Pick<Pool, "directory" | "source">,
  inspections: readonly SlotInspection[],
): PoolProblem[] {
  if (pool.source !== undefined) return inspections.flatMap(findForeignSlot);
  const outerUid = uncachedReader.readEntry(workspacesDir).stats?.uid;
  const poolUid = outerUid === 0 ? readPoolUser(pool)?.uid : outerUid;
  return inspections.flatMap(({ slot, ownerUid }) => {
    if (ownerUid === undefined || poolUid === undefined || [poolUid, outerUid].includes(ownerUid)) return [];
    const detail = `belongs to user ${ownerUid}, the pool to user ${poolUid}: give it back with chown`;
    return [{ code: "ownership" as const, slotId: slot.slotId, path: slot.path, detail }];
  });
}

/** Sources watch whatever is there, of several users too: who looks sees only a part of another user's. */
function findForeignSlot({ slot, ownerUid }: SlotInspection): PoolProblem[] {
  const ourUid = process.geteuid?.();
  if (ownerUid === undefined || ourUid === undefined || ourUid === 0 || ownerUid === ourUid) return [];
  const detail = `belongs to user ${ownerUid}, and this program runs as user ${ourUid}: what it may not read is not looked at, and that user's processes are not seen`;
  return [{ code: "ownership", slotId: slot.slotId, path: slot.path, detail }];
}
