import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { formatPoolTime, parsePoolTime } from "./local-time.ts";
import { formatRecord } from "./record-text.ts";
import type { JsonObject, SlotRecord, SlotStateName } from "./slot-record.ts";
import { findKnownState, isOfOtherSlot, readOldFields, stateLostMark } from "./known-state.ts";
import { isJsonObject, isSlotState, SlotState } from "./slot-record.ts";
import type { Pool, Slot } from "../pool.ts";

export interface SlotRecordChange {
  readonly fields: JsonObject;
  readonly path: string;
  readonly now: Date;
  readonly timeZone: string;
}

/** Replaces slot.json: unknown fields kept, times local without a zone, `updated_at` now. */
export function writeSlotRecord({ fields, path, now, timeZone }: SlotRecordChange): void {
  writeFileAtomic(path, formatRecord({ ...fields, updated_at: formatPoolTime(now, timeZone) }));
}

/**
 * A slot record's fields with each zoned time as local time: the neighbour cannot compare the two kinds, so our next
 * write of a slot normalises them.
 */
export function fieldsWithLocalTimes(record: SlotRecord, timeZone: string): JsonObject {
  const times: Readonly<Record<string, Date | undefined>> = {
    last_allocated_at: record.lastAllocatedAt,
    last_released_at: record.lastReleasedAt,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
  const normalised = record.zonedTimes.flatMap((field): [string, string][] => {
    const time = times[field];
    return time === undefined ? [] : [[field, formatPoolTime(time, timeZone)]];
  });
  return { ...record.fields, ...Object.fromEntries(normalised) };
}

/**
 * A whole slot.json from what can be proven: the pool's facts win, then what the damaged record still says if it is of the
 * right form and this slot's, then our copy of it (`copy`), and the rest is as of a new slot.
 */
export function rebuildSlotFields(
  slot: Slot,
  pool: Pool,
  options: { now: Date; timeZone: string; tip: Tip; copy?: JsonObject | undefined },
): JsonObject {
  const fields = readOldFields(slot);
  const sound = selectSound(fields, options.timeZone);
  const old: JsonObject = isOfOtherSlot(fields, slot)
    ? { ...sound, ...options.copy }
    : { ...options.copy, ...sound };
  const now = formatPoolTime(options.now, options.timeZone);
  const timeOf = (field: string) => localTime(old[field], options.timeZone);
  const metadata = old["metadata"];
  return {
    ...old,
    slot_id: slot.slotId,
    repo_name: pool.repoName,
    repo_url: pool.repoUrl ?? old["repo_url"] ?? "",
    slot_path: slot.path,
    state: restoredState(findKnownState(slot, options.copy)?.state, metadata),
    allocation_count: isCount(old["allocation_count"]) ? old["allocation_count"] : 0,
    total_usage_seconds: isCount(old["total_usage_seconds"]) ? old["total_usage_seconds"] : 0,
    last_allocated_at: timeOf("last_allocated_at") ?? null,
    last_released_at: timeOf("last_released_at") ?? null,
    current_branch: options.tip.branch ?? null,
    current_commit: options.tip.commit ?? null,
    metadata: isJsonObject(metadata) ? metadata : {},
    created_at: timeOf("created_at") ?? now,
    updated_at: now,
  };
}

/** Out of rotation until a deep check finds it sound; without a known state, also until nobody can be using it. */
export function withError(
  fields: JsonObject,
  { now, timeZone, isStateKnown }: { now: Date; timeZone: string; isStateKnown: boolean },
): JsonObject {
  const at = formatPoolTime(now, timeZone);
  const metadata = isJsonObject(fields["metadata"]) ? fields["metadata"] : {};
  const error = { error_at: at, error_reason: "not checked since a repair" };
  const lost = isStateKnown ? {} : { [stateLostMark]: at };
  return { ...fields, state: SlotState.ERROR, metadata: { ...metadata, ...error, ...lost } };
}

/** Any time that can be read, in the form that the neighbour can read and compare; one of that form stays as it is. */
function localTime(value: unknown, timeZone: string): string | undefined {
  const time = typeof value === "string" ? parsePoolTime(value, timeZone) : undefined;
  if (typeof value !== "string" || time === undefined) return undefined;
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+$/.test(value) ? value : formatPoolTime(time.instant, timeZone);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

/** The fields that are of the right form, so that a damaged one does not hide what our copy knows of it. */
function selectSound(fields: JsonObject, timeZone: string): JsonObject {
  const isTime = (value: unknown): boolean => localTime(value, timeZone) !== undefined;
  const isSound: Readonly<Record<string, (value: unknown) => boolean>> = {
    state: isSlotState,
    allocation_count: isCount,
    total_usage_seconds: isCount,
    last_allocated_at: (value) => value === null || isTime(value),
    last_released_at: (value) => value === null || isTime(value),
    metadata: isJsonObject,
    created_at: isTime,
    updated_at: isTime,
  };
  return Object.fromEntries(Object.entries(fields).filter(([name, value]) => isSound[name]?.(value) ?? true));
}

interface Tip {
  readonly branch: string | undefined;
  readonly commit: string | undefined;
}

/** Repair keeps the state; only a state that is unknown, or an error that nobody isolated, becomes available. */
function restoredState(state: SlotStateName | undefined, metadata: unknown): SlotStateName {
  const isIsolated = isJsonObject(metadata) && metadata["isolated_at"] !== undefined;
  if (state === SlotState.ERROR && isIsolated) return SlotState.ERROR;
  return state === SlotState.ALLOCATED || state === SlotState.CLEANING ? state : SlotState.AVAILABLE;
}
