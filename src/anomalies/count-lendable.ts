import type { SnapshotProblemCode } from "./pool-problem.ts";
import type { PoolSnapshot, Snapshot } from "./snapshot.ts";

/** Problems of a pool that keep each of its slots from being allocated. */
const hinderingPool: readonly SnapshotProblemCode[] = ["ownership", "unsupported", "unread"];

/** Slots that can be allocated at this moment: available, sound, read whole, and neither locked nor blocked. */
export function countLendable(pool: PoolSnapshot, { errors }: Pick<Snapshot, "errors">): number {
  const isOfAll = ({ slotId, path }: { slotId?: string; path?: string }): boolean =>
    slotId === undefined && path?.startsWith(`${pool.directory}/`) === true;
  const isHindered = pool.problems.some(
    ({ code, slotId }) => slotId === undefined && hinderingPool.includes(code),
  );
  // Nobody allocates the slots of a source without a pool manager.
  if (pool.source !== undefined || isHindered || errors.some(isOfAll)) return 0;
  const inDoubt = new Set(
    [...pool.problems, ...errors].flatMap(({ code, slotId }) =>
      slotId === undefined || code === "zoned_time" ? [] : [slotId],
    ),
  );
  return pool.slots.filter(
    ({ slotId, state, reasons, lock, isBlocked }) =>
      state === "available" &&
      reasons.length === 0 &&
      lock.kind !== "held" &&
      !isBlocked &&
      !inDoubt.has(slotId),
  ).length;
}
