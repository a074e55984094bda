import { writeFileAtomic, formatJson } from "../platform/atomic-file.ts";
import { formatPoolTime } from "../pool/local-time.ts";
import type { JsonObject, SlotStateName } from "../pool/slot-record.ts";
import { SlotState } from "../pool/slot-record.ts";
import type { Pool, Slot } from "../pool/pool.ts";

export interface SlotRecordChange {
  readonly fields: JsonObject;
  readonly path: string;
  readonly now: Date;
  readonly timeZone: string;
}

/** Replaces slot.json: unknown fields kept, times local without a zone, `updated_at` now. */
export function writeSlotRecord({ fields, path, now, timeZone }: SlotRecordChange): void {
  writeFileAtomic(path, formatJson({ ...fields, updated_at: formatPoolTime(now, timeZone) }));
}

/**
 * A whole slot.json from what can be proven: the pool's facts win, what the damaged record still says is kept where it
 * is of the right form, and the rest is as of a new slot.
 */
export function rebuildSlotFields(
  slot: Slot,
  pool: Pool,
  options: { now: Date; timeZone: string; tip: Tip },
): JsonObject {
  const old = readOldFields(slot);
  const now = formatPoolTime(options.now, options.timeZone);
  const isTime = (value: unknown): value is string =>
    typeof value === "string" && /^\d{4}-\d{2}-\d{2}T[\d:.]+$/.test(value);
  const number = (value: unknown): number => (typeof value === "number" && value >= 0 ? value : 0);
  const metadata = old["metadata"];
  return {
    ...old,
    slot_id: slot.slotId,
    repo_name: pool.repoName,
    repo_url: pool.repoUrl ?? old["repo_url"] ?? "",
    slot_path: slot.path,
    state: knownState(old["state"]),
    allocation_count: number(old["allocation_count"]),
    total_usage_seconds: number(old["total_usage_seconds"]),
    last_allocated_at: isTime(old["last_allocated_at"]) ? old["last_allocated_at"] : null,
    last_released_at: isTime(old["last_released_at"]) ? old["last_released_at"] : null,
    current_branch: options.tip.branch ?? null,
    current_commit: options.tip.commit ?? null,
    metadata: typeof metadata === "object" && metadata !== null && !Array.isArray(metadata) ? metadata : {},
    created_at: isTime(old["created_at"]) ? old["created_at"] : now,
    updated_at: now,
  };
}

interface Tip {
  readonly branch: string | undefined;
  readonly commit: string | undefined;
}

function readOldFields(slot: Slot): JsonObject {
  if (slot.reading.kind === "valid") return slot.reading.record.fields;
  return slot.reading.kind === "invalid" ? slot.reading.fields : {};
}

/** Repair keeps the state; only a state that is unknown, or an error that nobody isolated, becomes available. */
function knownState(state: unknown): SlotStateName {
  return state === SlotState.ALLOCATED || state === SlotState.CLEANING ? state : SlotState.AVAILABLE;
}
