import type { PoolSnapshot, Snapshot } from "./snapshot.ts";

/** Slots that a pool manager could lend at this moment: available, sound, read whole, and not locked. */
export function countLendable(pool: PoolSnapshot, { errors }: Pick<Snapshot, "errors">): number {
  const inDoubt = new Set(
    [...pool.problems, ...errors].flatMap(({ code, slotId }) =>
      slotId === undefined || code === "zoned_time" ? [] : [slotId],
    ),
  );
  return pool.slots.filter(
    ({ slotId, state, reasons, lock }) =>
      state === "available" && reasons.length === 0 && lock.kind !== "held" && !inDoubt.has(slotId),
  ).length;
}
