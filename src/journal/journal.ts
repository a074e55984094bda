import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../platform/atomic-file.ts";
import { systemErrorCode } from "../platform/coded-error.ts";
import { journalSchemaVersion, type JournalEntry } from "./journal-entry.ts";

export type NewJournalEntry = Omit<JournalEntry, "schema_version" | "at">;

/** Append-only: one line, one write, on disk before `append` returns. */
export class Journal {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "journal", "journal.jsonl");
  }

  append(entry: NewJournalEntry, at: Date): void {
    mkdirSync(join(this.#path, ".."), { recursive: true, mode: 0o700 });
    const descriptor = openSync(this.#path, "a", 0o600);
    try {
      const line: JournalEntry = { schema_version: journalSchemaVersion, at: at.toISOString(), ...entry };
      writeWhole(descriptor, `${JSON.stringify(line)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Every whole line; a torn last one, from a crash in the middle of a write, is passed over. */
  read(): JournalEntry[] {
    let text;
    try {
      text = readFileSync(this.#path, "utf8");
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    }
    return text.split("\n").flatMap((line) => {
      const entry = parseLine(line);
      return entry === undefined ? [] : [entry];
    });
  }
}

function parseLine(line: string): JournalEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isJournalEntry(value) ? value : undefined;
  } catch {
    // A torn line ends a crash; the step it belonged to has an intent of its own.
    return undefined;
  }
}

function isJournalEntry(value: unknown): value is JournalEntry {
  return typeof value === "object" && value !== null && "recovery_id" in value && "kind" in value;
}
