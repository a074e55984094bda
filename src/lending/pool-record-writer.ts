import { join } from "node:path";
import { writeFileAtomic } from "../platform/atomic-file.ts";
import { formatPoolTime } from "../pool/records/local-time.ts";
import type { Pool } from "../pool/pool.ts";
import type { PoolRecord } from "../pool/records/pool-record.ts";
import { formatRecord } from "../pool/records/record-text.ts";
import type { LendingContext } from "./lending-context.ts";

/** Replaces `num_slots` in pool.json; every other field stays, times become local. */
export function writeSlotCount(
  context: LendingContext,
  { directory }: Pool,
  { record, numSlots }: { record: PoolRecord; numSlots: number },
): void {
  const time = (instant: Date): string => formatPoolTime(instant, context.timeZone);
  const fields = {
    ...record.fields,
    ...(record.zonedTimes.includes("created_at") ? { created_at: time(record.createdAt) } : {}),
    num_slots: numSlots,
    updated_at: time(context.clock.now()),
  };
  writeFileAtomic(join(directory, "pool.json"), formatRecord(fields));
}

export function unreadableCount({ directory }: Pool): string {
  return `${join(directory, "pool.json")} cannot be read: recover the pool`;
}

/** A pool.json as the pool manager writes it for a new pool. */
export function formatNewPool(
  context: LendingContext,
  pool: { repoName: string; repoUrl: string; numSlots: number },
): string {
  const now = formatPoolTime(context.clock.now(), context.timeZone);
  return formatRecord({
    repo_name: pool.repoName,
    repo_url: pool.repoUrl,
    num_slots: pool.numSlots,
    created_at: now,
    updated_at: now,
    metadata: {},
  });
}
