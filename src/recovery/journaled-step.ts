import type { JournalEntry } from "../journal/journal-entry.ts";
import { actionOutcomes, recoveryActions } from "./recovery-action.ts";
import type { ActionReport } from "./recovery-report.ts";
import { asOneOf } from "../platform/stored-fields.ts";

/** The step of an outcome in the journal. Undefined if a newer program wrote an action or outcome that is unknown here. */
export function readJournaledStep(entry: JournalEntry): ActionReport | undefined {
  const action = asOneOf(recoveryActions, entry.action);
  const outcome = asOneOf(actionOutcomes, entry.outcome);
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
