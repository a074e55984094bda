/** The journal's format on disk; a newer one is refused. */
export const journalSchemaVersion = 1;

/**
 * One line of the journal: JSON with these snake_case keys. `intent` is on disk before a step changes
 * anything, `outcome` after; a step with an intent and no outcome was interrupted.
 */
export interface JournalEntry {
  readonly schema_version: typeof journalSchemaVersion;
  /** ISO 8601 in UTC. */
  readonly at: string;
  readonly kind: "run_started" | "intent" | "outcome" | "run_finished" | "note";
  readonly recovery_id: string;
  readonly trigger: string;
  readonly mode: "live" | "dry_run";
  readonly requested_by?: string;
  readonly repo_name?: string;
  readonly slot_id?: string;
  /** Joins an outcome to its intent. */
  readonly step_id?: string;
  readonly action?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly duration_seconds?: number;
  readonly salvage_id?: string;
  /** What the step needs to be finished or undone after a crash; its form belongs to the action. */
  readonly data?: Readonly<Record<string, unknown>>;
}
