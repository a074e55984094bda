import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatLine, journalEntryFormat, type NewJournalEntry } from "../../src/journal/journal-entry.ts";
import { readStoredText } from "../../src/platform/stored-file.ts";

const at = new Date("2026-05-04T12:00:00.000Z");
const entry: NewJournalEntry = {
  kind: "outcome",
  recovery_id: "one",
  trigger: "alert",
  mode: "live",
  slot_id: "workspace-demo-slot1",
  outcome: "done",
  duration_seconds: 2,
  data: { note: 1 },
};

function read(line: string) {
  return readStoredText(line, "/state/journal/journal-00000001.jsonl", journalEntryFormat);
}

test("a line is one line of JSON, its version first, and is read as it was written", () => {
  const line = formatLine(entry, at);
  expect(line).toMatch(/^\{"schema_version":1,"at":"2026-05-04T12:00:00\.000Z",.*\}\n$/);
  expect(read(line)).toEqual({
    kind: "stored",
    value: { schema_version: 1, at: at.toISOString(), ...entry },
  });
});

test("a long detail is cut", () => {
  const line = formatLine({ ...entry, detail: "x".repeat(5_000) }, at);
  expect(JSON.parse(line)).toMatchObject({ detail: `${"x".repeat(4_000)}…` });
});

test("a field that this program does not know stays in the entry", () => {
  const line = JSON.stringify({ ...(JSON.parse(formatLine(entry, at)) as object), weather: "fine" });
  expect(read(line)).toMatchObject({ kind: "stored", value: { weather: "fine" } });
});

test("a line of a newer program is refused, and named with its file", () => {
  const line = formatLine(entry, at).replace('"schema_version":1', '"schema_version":2');
  expect(() => read(line)).toThrow(/journal-00000001\.jsonl \(the journal\) is of version 2/);
});

describe("a line is torn or another program's", () => {
  test.each([
    ["half of it", formatLine(entry, at).slice(0, 40)],
    ["no version", formatLine(entry, at).replace('"schema_version":1,', "")],
    ["an unknown kind", formatLine(entry, at).replace('"outcome",', '"end",')],
    ["no time", formatLine(entry, at).replace(/"at":"[^"]*",/, "")],
    ["an unknown mode", formatLine(entry, at).replace('"live"', '"rehearsal"')],
    ["a slot that is no text", formatLine(entry, at).replace('"workspace-demo-slot1"', "7")],
    [
      "a duration that is no number",
      formatLine(entry, at).replace('"duration_seconds":2', '"duration_seconds":"2"'),
    ],
    ["data that are no fields", formatLine(entry, at).replace('{"note":1}', "[1]")],
  ])("with %s", (_what, line) => {
    expect(read(line)).toMatchObject({ kind: "damaged" });
  });
});

test("whatever a slot says in the details, a line is one line and is read as it was written", () => {
  const texts = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(
      texts,
      texts,
      fc.dictionary(texts, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true }),
      (reason, detail, data) => {
        const written = {
          ...entry,
          reason,
          detail,
          data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>,
        };
        const line = formatLine(written, at);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(read(line)).toMatchObject({ kind: "stored", value: written });
      },
    ),
  );
});
