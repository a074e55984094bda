import { parsePoolTime } from "./records/local-time.ts";
import { SlotState, type SlotRecord } from "./records/slot-record.ts";

/** Why and since when a slot is out of rotation. */
export interface Isolation {
  readonly isolatedAt: Date;
  readonly reason: string;
}

/** `state: error` with `isolated_at`; undefined for every other slot. */
export function readIsolation(record: SlotRecord | undefined, timeZone: string): Isolation | undefined {
  if (record?.state !== SlotState.ERROR) return undefined;
  const at = record.metadata["isolated_at"];
  const reason = record.metadata["isolation_reason"];
  const time = typeof at === "string" ? parsePoolTime(at, timeZone) : undefined;
  if (time === undefined) return undefined;
  return { isolatedAt: time.instant, reason: typeof reason === "string" ? reason : "" };
}
