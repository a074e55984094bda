import { parsePoolTime, type PoolTime } from "./local-time.ts";
import { ExactNumber } from "./record-text.ts";

export const slotStates = ["available", "allocated", "cleaning", "error"] as const;
export type SlotStateName = (typeof slotStates)[number];

/** The guide's `SlotState`. */
export const SlotState = {
  AVAILABLE: "available",
  ALLOCATED: "allocated",
  CLEANING: "cleaning",
  ERROR: "error",
} as const satisfies Record<string, SlotStateName>;

/** What `slot.json` holds, as docs/disk-format.md says. `fields` has every field as it was read, known or not. */
export interface SlotRecord {
  readonly slotId: string;
  readonly repoName: string;
  readonly repoUrl: string;
  readonly slotPath: string;
  readonly state: SlotStateName;
  readonly allocationCount: number;
  readonly totalUsageSeconds: number;
  readonly lastAllocatedAt: Date | undefined;
  readonly lastReleasedAt: Date | undefined;
  readonly currentBranch: string | undefined;
  readonly currentCommit: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Names of the time fields that carry a zone, which the neighbour cannot compare with its own. */
  readonly zonedTimes: readonly string[];
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One thing that is wrong with a record: `field` is its key on disk, empty if the whole document is at fault. */
export interface RecordProblem {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

export type Parsed<T> =
  | { readonly kind: "valid"; readonly value: T }
  | { readonly kind: "invalid"; readonly problems: readonly RecordProblem[]; readonly fields: JsonObject };

export type JsonObject = Readonly<Record<string, unknown>>;

/** Tolerant of fields it does not know, exact about the rest; every problem is reported at once. */
export function parseSlotRecord(value: unknown, timeZone: string): Parsed<SlotRecord> {
  const reader = new FieldReader(value, timeZone);
  const state = reader.text("state");
  if (state !== undefined && !isSlotState(state)) reader.report("state", `one of ${slotStates.join(", ")}`);
  const times = {
    lastAllocatedAt: reader.optionalTime("last_allocated_at"),
    lastReleasedAt: reader.optionalTime("last_released_at"),
    createdAt: reader.time("created_at"),
    updatedAt: reader.time("updated_at"),
  };
  const record = {
    slotId: reader.text("slot_id") ?? "",
    repoName: reader.text("repo_name") ?? "",
    repoUrl: reader.text("repo_url") ?? "",
    slotPath: reader.text("slot_path") ?? "",
    state: isSlotState(state) ? state : SlotState.ERROR,
    allocationCount: reader.count("allocation_count"),
    totalUsageSeconds: reader.count("total_usage_seconds"),
    lastAllocatedAt: times.lastAllocatedAt?.instant,
    lastReleasedAt: times.lastReleasedAt?.instant,
    currentBranch: reader.optionalText("current_branch"),
    currentCommit: reader.optionalText("current_commit"),
    metadata: reader.object("metadata"),
    createdAt: times.createdAt?.instant ?? new Date(0),
    updatedAt: times.updatedAt?.instant ?? new Date(0),
    zonedTimes: reader.zonedTimes,
    fields: reader.fields,
  };
  if (reader.problems.length > 0)
    return { kind: "invalid", problems: reader.problems, fields: reader.fields };
  return { kind: "valid", value: record };
}

/**
 * Of a text that is no JSON, as a write that was cut off leaves it: a state in which somebody may have the slot. Any other
 * proves nothing.
 */
export function readTornFields(text: string): JsonObject {
  const state = /"state"\s*:\s*"(allocated|cleaning)"/.exec(text)?.[1];
  return state === undefined ? {} : { state };
}

export function isSlotState(value: unknown): value is SlotStateName {
  return slotStates.some((state) => state === value);
}

export function isJsonObject(value: unknown): value is JsonObject {
  const isNumber = value instanceof ExactNumber;
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isNumber;
}

/** Reads typed fields out of an untrusted document and collects what is wrong with them. */
export class FieldReader {
  readonly fields: JsonObject;
  readonly problems: RecordProblem[] = [];
  readonly zonedTimes: string[] = [];
  readonly #timeZone: string;

  constructor(value: unknown, timeZone: string) {
    this.#timeZone = timeZone;
    this.fields = isJsonObject(value) ? value : {};
    if (!isJsonObject(value))
      this.problems.push({ field: "", expected: "an object", found: describeValue(value) });
  }

  report(field: string, expected: string): void {
    this.problems.push({ field, expected, found: describeValue(this.#read(field)) });
  }

  text(field: string): string | undefined {
    const value = this.#read(field);
    if (typeof value === "string" && value !== "") return value;
    this.report(field, "a text");
    return undefined;
  }

  optionalText(field: string): string | undefined {
    const value = this.#read(field);
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return value;
    this.report(field, "a text or null");
    return undefined;
  }

  count(field: string): number {
    const value = this.#read(field) ?? 0;
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
    this.report(field, "a number, 0 or more");
    return 0;
  }

  object(field: string): JsonObject {
    const value = this.#read(field) ?? {};
    if (isJsonObject(value)) return value;
    this.report(field, "an object");
    return {};
  }

  time(field: string): PoolTime | undefined {
    const value = this.#read(field);
    const time = typeof value === "string" ? parsePoolTime(value, this.#timeZone) : undefined;
    if (time === undefined) this.report(field, "an ISO 8601 time");
    else if (time.isZoned) this.zonedTimes.push(field);
    return time;
  }

  optionalTime(field: string): PoolTime | undefined {
    const value = this.#read(field);
    return value === undefined || value === null ? undefined : this.time(field);
  }

  #read(field: string): unknown {
    return Object.hasOwn(this.fields, field) ? this.fields[field] : undefined;
  }
}

const longestQuotedValue = 80;

function describeValue(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = value instanceof ExactNumber ? value.text : JSON.stringify(value);
  return text.length > longestQuotedValue ? `${text.slice(0, longestQuotedValue)}…` : text;
}
