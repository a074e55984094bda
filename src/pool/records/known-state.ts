import type { Slot } from "../pool.ts";
import { parseSlotId } from "../slot-id.ts";
import { isJsonObject, isSlotState, SlotState, type JsonObject, type SlotStateName } from "./slot-record.ts";

/** In the metadata of a slot whose state was lost, until it is known again: a time of the pool. */
export const stateLostMark = "state_lost_at";

export interface KnownState {
  readonly state: SlotStateName;
  /** The record may be younger than the copy: somebody may have taken the slot since. */
  readonly source: "record" | "copy";
}

/**
 * Pure: the state that the slot's record, or our copy of it, proves; undefined if neither does, and the slot may then be
 * anybody's. A record that came from another slot proves only that nobody else may have this one.
 */
export function findKnownState(slot: Slot, copy: JsonObject | undefined): KnownState | undefined {
  const fields = readOldFields(slot);
  const ofRecord = stateOf(fields);
  const ofCopy = copy === undefined ? undefined : stateOf(copy);
  if (ofRecord !== undefined && !isOfOtherSlot(fields, slot)) return { state: ofRecord, source: "record" };
  if (ofCopy !== undefined) return { state: ofCopy, source: "copy" };
  const isTaken = ofRecord === SlotState.ALLOCATED || ofRecord === SlotState.CLEANING;
  return isTaken ? { state: ofRecord, source: "record" } : undefined;
}

/** Every field that could be read of a record, whole or damaged. */
export function readOldFields({ reading }: Slot): JsonObject {
  if (reading.kind === "valid") return reading.record.fields;
  return reading.kind === "invalid" ? reading.fields : {};
}

/** A record that names another slot was copied from there. */
export function isOfOtherSlot({ slot_id: slotId }: JsonObject, slot: Slot): boolean {
  return typeof slotId === "string" && slotId !== slot.slotId && parseSlotId(slotId) !== undefined;
}

function stateOf({ state, metadata }: JsonObject): SlotStateName | undefined {
  const isLost = isJsonObject(metadata) && metadata[stateLostMark] !== undefined;
  return isSlotState(state) && !isLost ? state : undefined;
}
