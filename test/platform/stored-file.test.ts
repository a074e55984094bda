import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asNumber, asText } from "../../src/platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../src/platform/stored-file.ts";

interface Note {
  readonly text: string;
  readonly count: number;
}

const noteFormat: StoredFormat<Note> = {
  name: "a note",
  version: 3,
  maxBytes: 1000,
  parse(fields) {
    const text = asText(fields["text"]);
    return text === undefined ? undefined : { text, count: asNumber(fields["count"]) ?? 1 };
  },
  format: (note) => note,
};

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-stored-file-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function noteIn(content: string): string {
  const path = join(directory, "note.json");
  writeFileSync(path, content);
  return path;
}

test("what was written is read again, and its directory is made", () => {
  const path = join(directory, "below", "note.json");
  writeStoredFile(path, noteFormat, { text: "hello", count: 2 });
  expect(readStoredFile(path, noteFormat)).toEqual({ kind: "stored", value: { text: "hello", count: 2 } });
  expect(readFileSync(path, "utf8")).toMatch(/^\{\n {2}"schema_version": 3,/);
});

test("a file that is not there is missing", () => {
  expect(readStoredFile(join(directory, "nothing.json"), noteFormat)).toEqual({ kind: "missing" });
});

test("an older file is read, with unknown fields passed over and the default of what is missing", () => {
  const path = noteIn('{ "schema_version": 1, "text": "old", "colour": "red" }');
  expect(readStoredFile(path, noteFormat)).toEqual({ kind: "stored", value: { text: "old", count: 1 } });
});

test("a newer file is refused with its path, both versions and what to do", () => {
  const path = noteIn('{ "schema_version": 4, "text": "new" }');
  expect(() => readStoredFile(path, noteFormat)).toThrow(
    expect.objectContaining({
      code: "STORED_FILE_NEWER",
      message: `${path} (a note) is of version 4, and this program knows version 3: run the program that wrote it, or move the file aside`,
    }),
  );
});

test("a newer file is not overwritten", () => {
  const newer = '{\n  "schema_version": 4,\n  "text": "new"\n}\n';
  const path = noteIn(newer);
  expect(() => {
    writeStoredFile(path, noteFormat, { text: "mine", count: 1 });
  }).toThrow(expect.objectContaining({ code: "STORED_FILE_NEWER" }));
  expect(readFileSync(path, "utf8")).toBe(newer);
});

test.each([
  ['{ "schema_version": 3, "te', "not JSON"],
  ["", "not JSON"],
  ["[1]", "no schema_version"],
  ['{ "text": "hello" }', "no schema_version"],
  ['{ "schema_version": "3", "text": "hello" }', "no schema_version"],
  ['{ "schema_version": 3, "text": 7 }', "not a note"],
])("a damaged file says how: %j", (content, detail) => {
  expect(readStoredFile(noteIn(content), noteFormat)).toEqual({ kind: "damaged", detail });
});

test("a file of more bytes than its format has is not read", () => {
  expect(readStoredFile(noteIn("x".repeat(1001)), noteFormat)).toEqual({
    kind: "damaged",
    detail: "1001 bytes are too many for a note",
  });
});

test("a directory in its place is damage, not an error", () => {
  const path = join(directory, "directory.json");
  mkdirSync(path);
  expect(readStoredFile(path, noteFormat)).toEqual({
    kind: "damaged",
    detail: "expected a file, found a directory",
  });
});
