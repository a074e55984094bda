import { join } from "node:path";
import { asFields, asTime } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import type { KeptWork } from "../salvage-store.ts";

/** What a prune saw of one piece of kept work. */
export interface SeenWork {
  /** Since when its age counts: when it was made, or when it was first seen if that cannot be. */
  readonly countedFrom: Date;
  readonly isPastMaxAge: boolean;
}

/** What the last prune saw. A clock that is wrong for a while must not cost anybody's work. */
export interface RetentionRecord {
  readonly prunedAt: Date | undefined;
  /** By id. */
  readonly seen: ReadonlyMap<string, SeenWork>;
}

export const retentionRecordFormat: StoredFormat<RetentionRecord> = {
  name: "the record of prunes",
  version: 1,
  maxBytes: 16 * 1024 * 1024,
  parse({ pruned_at: prunedAt, seen }) {
    const fields = asFields(seen);
    if (fields === undefined) return undefined;
    const entries = Object.entries(fields).flatMap(([id, value]): [string, SeenWork][] => {
      const countedFrom = asTime(asFields(value)?.["counted_from"]);
      const isPastMaxAge = asFields(value)?.["is_past_max_age"] === true;
      return countedFrom === undefined ? [] : [[id, { countedFrom, isPastMaxAge }]];
    });
    return { prunedAt: asTime(prunedAt), seen: new Map(entries) };
  },
  format: ({ prunedAt, seen }) => ({
    pruned_at: prunedAt?.toISOString(),
    seen: Object.fromEntries(
      [...seen].map(([id, { countedFrom, isPastMaxAge }]) => [
        id,
        { counted_from: countedFrom.toISOString(), is_past_max_age: isPastMaxAge },
      ]),
    ),
  }),
};

const nothingSeen: RetentionRecord = { prunedAt: undefined, seen: new Map() };

function retentionRecordPath(stateDir: string): string {
  return join(stateDir, "retention.json");
}

/** A damaged record counts as missing: work is then kept longer. @throws CodedError `STORED_FILE_NEWER` */
export function readRetentionRecord(stateDir: string): RetentionRecord {
  const reading = readStoredFile(retentionRecordPath(stateDir), retentionRecordFormat);
  return reading.kind === "stored" ? reading.value : nothingSeen;
}

/** @throws CodedError `STORED_FILE_NEWER`; the system's error if it cannot be written */
export function writeRetentionRecord(stateDir: string, record: RetentionRecord): void {
  writeStoredFile(retentionRecordPath(stateDir), retentionRecordFormat, record);
}

/**
 * The work with the time from which its age counts. If its time is before the last prune, and that prune did not see it, a
 * clock was or is wrong: its age counts from now, or from that prune if it is later.
 */
export function countAge(
  kept: readonly KeptWork[],
  { prunedAt, seen }: RetentionRecord,
  now: Date,
): KeptWork[] {
  return kept.map((work) => {
    const known = seen.get(work.id)?.countedFrom;
    const isUnseen = prunedAt !== undefined && work.createdAt < prunedAt;
    const firstSeen = isUnseen ? later(now, prunedAt) : work.createdAt;
    return { ...work, createdAt: known ?? firstSeen };
  });
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}
