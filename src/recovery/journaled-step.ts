import type { JournalEntry } from "../journal/journal-entry.ts";
import { actionOutcomes, recoveryActions } from "./recovery-action.ts";
import type { ActionReport } from "./recovery-report.ts";

/** The step that an outcome in the journal tells of. Undefined if a newer program wrote words that this one does not know. */
export function readJournaledStep(entry: JournalEntry): ActionReport | undefined {
  const action = recoveryActions.find((known) => known === entry.action);
  const outcome = actionOutcomes.find((known) => known === entry.outcome);
  if (action === undefined || outcome === undefined) return undefined;
  return {
    slotId: entry.slot_id ?? "",
    repoName: entry.repo_name ?? "",
    action,
    outcome,
    reason: entry.reason ?? "",
    detail: entry.detail ?? "",
    durationSeconds: entry.duration_seconds ?? 0,
    ...(entry.salvage_id === undefined ? {} : { salvageId: entry.salvage_id }),
  };
}
