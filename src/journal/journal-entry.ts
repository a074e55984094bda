import { storedFields, type StoredFormat } from "../platform/stored-file.ts";
import { asFields, asOneOf, type StoredFields } from "../platform/stored-fields.ts";
import { recoveryModes, type RecoveryMode } from "./trigger.ts";

export const journalEntryKinds = ["run_started", "intent", "outcome", "run_finished", "note"] as const;
export type JournalEntryKind = (typeof journalEntryKinds)[number];

/**
 * One line of the journal: JSON with these snake_case keys. `intent` is on disk before a step changes
 * anything, `outcome` after; a step with an intent and no outcome was interrupted. A `note` says how far a step has
 * come, or which process group it started.
 */
export interface JournalEntry {
  readonly schema_version: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly kind: JournalEntryKind;
  readonly recovery_id: string;
  readonly trigger: string;
  readonly mode: RecoveryMode;
  readonly requested_by?: string;
  readonly repo_name?: string;
  readonly slot_id?: string;
  /** Joins an outcome, and notes, to their intent. */
  readonly step_id?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly duration_seconds?: number;
  readonly salvage_id?: string;
  /** What the step needs to be finished or undone after a crash; its form belongs to the action. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Only in lines carried over from files that are gone: how many lines this one stands for (default 1). */
  readonly count?: number;
}

/** A line of the journal on disk. Unknown fields stay in the entry. */
export const journalEntryFormat: StoredFormat<JournalEntry> = {
  name: "the journal",
  version: 1,
  maxBytes: 16 * 1024 * 1024,
  parse: (fields) => (isEntry(fields) ? fields : undefined),
  format: (entry) => entry,
};

const requiredTexts = ["at", "recovery_id", "trigger"] as const;
const optionalTexts = [
  "requested_by",
  "repo_name",
  "slot_id",
  "step_id",
  "action",
  "outcome",
  "reason",
  "detail",
  "salvage_id",
] as const;
const optionalNumbers = ["duration_seconds", "count"] as const;

function isEntry(fields: StoredFields): fields is StoredFields & JournalEntry {
  return (
    requiredTexts.every((name) => typeof fields[name] === "string") &&
    optionalTexts.every((name) => isMissingOr(fields[name], "string")) &&
    optionalNumbers.every((name) => isMissingOr(fields[name], "number")) &&
    asOneOf(journalEntryKinds, fields["kind"]) !== undefined &&
    asOneOf(recoveryModes, fields["mode"]) !== undefined &&
    (fields["data"] === undefined || asFields(fields["data"]) !== undefined)
  );
}

function isMissingOr(value: unknown, type: "string" | "number"): boolean {
  return value === undefined || typeof value === type;
}

/** Details are made of what slots and git say: longer ones are cut. */
const mostDetailCharacters = 4_000;

export type NewJournalEntry = Omit<JournalEntry, "schema_version" | "at">;

/** The line that says it, with its line break. */
export function formatLine(entry: NewJournalEntry, at: Date): string {
  const { detail } = entry;
  const isLong = detail !== undefined && detail.length > mostDetailCharacters;
  const bounded = isLong ? { ...entry, detail: `${detail.slice(0, mostDetailCharacters)}…` } : entry;
  const { version } = journalEntryFormat;
  const line = storedFields(journalEntryFormat, {
    schema_version: version,
    at: at.toISOString(),
    ...bounded,
  });
  return `${JSON.stringify(line)}\n`;
}
