import { formatPoolTime } from "./local-time.ts";
import type { JsonObject, SlotRecord } from "./slot-record.ts";

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
