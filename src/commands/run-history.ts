import type { SidecarConfig } from "../config/sidecar-config.ts";
import { Journal } from "../journal/journal.ts";
import type { JournalEntry } from "../journal/journal-entry.ts";

export type PrintedHistoryEntry = ReturnType<typeof printEntry>;

/** What one invocation lists at most: the newest. */
const mostEntries = 1_000;

/**
 * How each step ended, oldest first: of one slot where it is named, be it there or not. Only reads.
 * @throws CodedError `STORED_FILE_NEWER`
 */
export function listHistory(config: SidecarConfig, slotId: string | undefined): PrintedHistoryEntry[] {
  return new Journal(config.stateDir)
    .read()
    .filter((entry) => isEnd(entry) && (slotId === undefined || entry.slot_id === slotId))
    .slice(-mostEntries)
    .map(printEntry);
}

/** Lines that stand for many of files that are gone say when and what, but of no slot. */
function isEnd({ kind, count }: JournalEntry): boolean {
  return kind === "outcome" && count === undefined;
}

function printEntry(entry: JournalEntry) {
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
