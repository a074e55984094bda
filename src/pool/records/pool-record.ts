import { FieldReader, type JsonObject, type Parsed } from "./slot-record.ts";

/** What `pool.json` holds, as docs/disk-format.md says. `fields` has every field as it was read, known or not. */
export interface PoolRecord {
  readonly repoName: string;
  readonly repoUrl: string;
  readonly numSlots: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly metadata: JsonObject;
  readonly zonedTimes: readonly string[];
  readonly fields: JsonObject;
}

/** More slots than any host holds: a larger number is a damaged record, not a pool. */
const mostSlots = 100_000;

export function parsePoolRecord(value: unknown, timeZone: string): Parsed<PoolRecord> {
  const reader = new FieldReader(value, timeZone);
  const createdAt = reader.time("created_at");
  const updatedAt = reader.time("updated_at");
  const numSlots = reader.count("num_slots");
  const isGiven = typeof reader.fields["num_slots"] === "number";
  if (!isGiven || !Number.isInteger(numSlots) || numSlots > mostSlots) {
    reader.report("num_slots", `a whole number, at most ${mostSlots}`);
  }
  const record = {
    repoName: reader.text("repo_name") ?? "",
    repoUrl: reader.text("repo_url") ?? "",
    numSlots,
    createdAt: createdAt?.instant ?? new Date(0),
    updatedAt: updatedAt?.instant ?? new Date(0),
    metadata: reader.object("metadata"),
    zonedTimes: reader.zonedTimes,
    fields: reader.fields,
  };
  if (reader.problems.length > 0)
    return { kind: "invalid", problems: reader.problems, fields: reader.fields };
  return { kind: "valid", value: record };
}
