import { expect, test } from "vitest";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { createHistoryReport } from "../../src/views/history-report.ts";

function anEntry(given: Partial<JournalEntry> = {}): JournalEntry {
  return {
    schema_version: 1,
    at: "2026-05-04T12:00:00.000Z",
    kind: "outcome",
    recovery_id: "r1",
    trigger: "command",
    mode: "live",
    slot_id: "workspace-demo-slot1",
    ...given,
  };
}

test("only what ended is listed: no intents, no notes, no counts of forgotten steps", () => {
  const entries = [
    anEntry({ kind: "intent" }),
    anEntry({ kind: "note" }),
    anEntry({ count: 12 }),
    anEntry({ recovery_id: "r2" }),
  ];
  expect(createHistoryReport(entries).map((entry) => entry.recovery_id)).toEqual(["r2"]);
});

test("a slot's history has that slot alone", () => {
  const other = anEntry({ slot_id: "workspace-demo-slot2", recovery_id: "r2" });
  const listed = createHistoryReport([anEntry(), other], (slotId) => slotId === "workspace-demo-slot2");
  expect(listed.map((entry) => entry.recovery_id)).toEqual(["r2"]);
});

test("the newest thousand are listed, oldest first", () => {
  const entries = Array.from({ length: 1003 }, (_, number) => anEntry({ recovery_id: String(number) }));
  const listed = createHistoryReport(entries);
  expect([listed.length, listed[0]?.recovery_id, listed.at(-1)?.recovery_id]).toEqual([1000, "3", "1002"]);
});

test("what a line does not say is null, and a dry run is told apart", () => {
  expect(createHistoryReport([anEntry({ mode: "dry_run" })])).toEqual([
    {
      at: "2026-05-04T12:00:00.000Z",
      recovery_id: "r1",
      trigger: "command",
      requested_by: null,
      dry_run: true,
      slot_id: "workspace-demo-slot1",
      action: null,
      outcome: null,
      reason: null,
      detail: "",
      duration_seconds: null,
      salvage_id: null,
    },
  ]);
});
