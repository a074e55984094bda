import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeJournalCheckpoint } from "../../src/journal/journal-checkpoint.ts";
import type { NewJournalEntry } from "../../src/journal/journal-entry.ts";
import { Journal } from "../../src/journal/journal.ts";

const at = new Date("2026-05-04T12:00:00.000Z");
const entry = (id: string): NewJournalEntry => ({
  kind: "outcome",
  recovery_id: id,
  trigger: "alert",
  mode: "live",
  slot_id: "workspace-demo-slot1",
  outcome: "done",
});

let stateDir = "";
let journal: Journal;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-journal-"));
  journal = new Journal(stateDir);
  journal.append(entry("one"), at);
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

const file = () => join(stateDir, "journal", "journal-00000001.jsonl");
const idsOf = () => journal.read().map(({ recovery_id }) => recovery_id);

test("a torn last line is cut off by the next one, and nothing else is lost", () => {
  appendFileSync(file(), '{"schema_version":1,"at":"2026');
  journal.append(entry("two"), at);
  expect(idsOf()).toEqual(["one", "two"]);
});

test("nothing is appended behind a newer program's line, and nothing is read", () => {
  writeFileSync(file(), readFileSync(file(), "utf8").replace('"schema_version":1', '"schema_version":2'));
  const before = readFileSync(file());
  const newer = expect.objectContaining({ code: "STORED_FILE_NEWER" }) as Error;
  expect(() => {
    journal.append(entry("two"), at);
  }).toThrow(newer);
  expect(() => journal.read()).toThrow(newer);
  expect(readFileSync(file())).toEqual(before);
});

test("a checkpoint comes before the lines that are kept", () => {
  const carried = { schema_version: 1, at: at.toISOString(), ...entry("zero") };
  writeJournalCheckpoint(join(stateDir, "journal"), { through: 0, entries: [carried] });
  expect(idsOf()).toEqual(["zero", "one"]);
});

test("a checkpoint that cannot be read is named, with what to do", () => {
  const path = join(stateDir, "journal", "carried.json");
  writeFileSync(path, "{");
  expect(() => journal.read()).toThrow(
    expect.objectContaining({
      code: "JOURNAL_UNREADABLE",
      message: `${path}: not JSON: move it aside; the counters then begin again`,
    }),
  );
});
