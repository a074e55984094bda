import { judgeActivity } from "../../anomalies/detect-long-allocated-slot.ts";
import type { KnownGoodSlot } from "../../inspection/memory/known-good.ts";
import { findKnownState } from "../../pool/records/known-state.ts";
import { SlotState } from "../../pool/records/slot-record.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * True if the slot's record or our copy of it proves its state. A copy that says `available` does so only if nobody used
 * the slot since: an allocation may be what was lost.
 */
export function isStateProven(
  {
    slot,
    inspection,
    thresholds,
    clock,
  }: Pick<RecoveryContext, "slot" | "inspection" | "thresholds" | "clock">,
  copy: KnownGoodSlot | undefined,
): boolean {
  const known = findKnownState(slot, copy?.fields);
  if (known === undefined) return false;
  if (known.source === "record") return true;
  if (known.state === SlotState.ALLOCATED || known.state === SlotState.CLEANING) return true;
  const isAlive = judgeActivity(inspection, thresholds, clock.now()) === "alive";
  const usedAt = inspection.lastActivityAt ?? new Date(0);
  return copy !== undefined && usedAt <= copy.takenAt && !isAlive;
}
