/** The journal's format on disk; a newer one is refused. */
export const journalSchemaVersion = 1;

export const journalEntryKinds = ["run_started", "intent", "outcome", "run_finished", "note"] as const;
export type JournalEntryKind = (typeof journalEntryKinds)[number];

/**
 * One line of the journal: JSON with these snake_case keys. `intent` is on disk before a step changes
 * anything, `outcome` after; a step with an intent and no outcome was interrupted. A `note` says how far a step has
 * come, or which process group it started.
 */
export interface JournalEntry {
  readonly schema_version: typeof journalSchemaVersion;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly kind: JournalEntryKind;
  readonly recovery_id: string;
  readonly trigger: string;
  readonly mode: "live" | "dry_run";
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

/** Details are made of what slots and git say: longer ones are cut. */
const mostDetailCharacters = 4_000;

export function formatEntry(entry: JournalEntry): string {
  const { detail } = entry;
  const isLong = detail !== undefined && detail.length > mostDetailCharacters;
  const bounded = isLong ? { ...entry, detail: `${detail.slice(0, mostDetailCharacters)}…` } : entry;
  return `${JSON.stringify(bounded)}\n`;
}

export type LineReading =
  | { readonly kind: "entry"; readonly entry: JournalEntry }
  | { readonly kind: "newer"; readonly schemaVersion: number }
  | { readonly kind: "torn" };

export function parseLine(line: string): LineReading {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A kill or a full disk in the middle of a write; the step that it belonged to has an intent of its own.
    return { kind: "torn" };
  }
  if (typeof value !== "object" || value === null) return { kind: "torn" };
  const { schema_version, kind, at, recovery_id } = value as Partial<Record<keyof JournalEntry, unknown>>;
  if (typeof schema_version === "number" && schema_version > journalSchemaVersion)
    return { kind: "newer", schemaVersion: schema_version };
  const isWhole =
    typeof at === "string" &&
    typeof recovery_id === "string" &&
    journalEntryKinds.some((known) => known === kind);
  return isWhole ? { kind: "entry", entry: value as JournalEntry } : { kind: "torn" };
}
