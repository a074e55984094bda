import { secondsBetween } from "../platform/clock.ts";
import type { PoolSnapshot, SlotSnapshot } from "./snapshot.ts";

/**
 * Whether the work tree of a source only takes space: nobody uses it, and it has been without activity for longer than its
 * source allows. A slot of a pool manager never is.
 */
export function isReclaimable(
  { owner, lastActivityAt }: SlotSnapshot,
  { maxAllocationSeconds }: Pick<PoolSnapshot, "maxAllocationSeconds">,
  now: Date,
): boolean {
  return (
    owner?.evidence === "none" &&
    lastActivityAt !== undefined &&
    secondsBetween(lastActivityAt, now) > maxAllocationSeconds
  );
}
