import type { JournalEntry } from "../journal/journal-entry.ts";

/** What one invocation lists at most: the newest. */
const mostEntries = 1_000;

/** How each step ended, oldest first: of some slots if they are asked for, whether they still exist or not. */
export function createHistoryReport(entries: readonly JournalEntry[], isOf?: (slotId: string) => boolean) {
  return entries
    .filter((entry) => isEnd(entry) && (isOf === undefined || isOf(entry.slot_id ?? "")))
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(-mostEntries)
    .map(reportEntry);
}

/** A line with a count stands for many steps of files that are gone: it says when and what, but of no slot. */
function isEnd({ kind, count }: JournalEntry): boolean {
  return kind === "outcome" && count === undefined;
}

function reportEntry(entry: JournalEntry) {
  return {
    at: entry.at,
    recovery_id: entry.recovery_id,
    trigger: entry.trigger,
    requested_by: entry.requested_by ?? null,
    dry_run: entry.mode === "dry_run",
    slot_id: entry.slot_id ?? null,
    action: entry.action ?? null,
    outcome: entry.outcome ?? null,
    reason: entry.reason ?? null,
    detail: entry.detail ?? "",
    duration_seconds: entry.duration_seconds ?? null,
    salvage_id: entry.salvage_id ?? null,
  };
}
