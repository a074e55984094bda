import { closeSync, fstatSync, openSync, readdirSync } from "node:fs";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { readRange } from "../platform/regular-file.ts";
import { describeUnread } from "../platform/unread-path.ts";
import { readStoredText } from "../platform/stored-file.ts";
import { journalEntryFormat, type JournalEntry } from "./journal-entry.ts";

/** Files are numbered in the order in which they were begun; the last one is written to. */
const fileForm = /^journal-(\d{8})\.jsonl$/;

export function journalFileName(number: number): string {
  return `journal-${String(number).padStart(8, "0")}.jsonl`;
}

/**
 * The numbers of the journal's files, oldest first; none if there is no journal yet.
 * @throws CodedError `JOURNAL_UNREADABLE` if the directory cannot be listed
 */
export function listJournalFiles(directory: string): number[] {
  let names;
  try {
    names = readdirSync(directory);
  } catch (error) {
    const code = systemErrorCode(error) ?? "EIO";
    if (code === "ENOENT") return [];
    throw new CodedError("JOURNAL_UNREADABLE", describeUnread(directory, code));
  }
  const numbers = names.flatMap((name) => {
    const number = fileForm.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return numbers.sort((left, right) => left - right);
}

export interface LinesReading {
  readonly entries: readonly JournalEntry[];
  /** Behind the last whole line: a line that is being written is read the next time. */
  readonly nextOffset: number;
}

const chunkBytes = 1024 * 1024;
const newline = 0x0a;

/**
 * The whole lines of one file from an offset. A file that was removed meanwhile has none.
 * @throws CodedError `STORED_FILE_NEWER` if a newer program wrote a line.
 */
export function readLines(path: string, offset: number): LinesReading {
  let descriptor;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return { entries: [], nextOffset: offset };
    throw error;
  }
  try {
    return readDescriptor(descriptor, path, offset);
  } finally {
    closeSync(descriptor);
  }
}

function readDescriptor(descriptor: number, path: string, offset: number): LinesReading {
  const entries: JournalEntry[] = [];
  const size = fstatSync(descriptor).size;
  let nextOffset = offset;
  let position = offset;
  let rest = Buffer.alloc(0);
  while (position < size) {
    const chunk = readRange(descriptor, position, Math.min(chunkBytes, size - position));
    if (chunk.length === 0) break;
    position += chunk.length;
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = text.lastIndexOf(newline) + 1;
    for (const line of text.subarray(0, end).toString("utf8").split("\n")) entries.push(...parse(line, path));
    nextOffset += end;
    rest = Buffer.from(text.subarray(end));
  }
  return { entries, nextOffset };
}

/** A torn line is left out: a kill or a full disk ended its write, and the step that it belonged to has another line. */
function parse(line: string, path: string): JournalEntry[] {
  if (line === "") return [];
  const reading = readStoredText(line, path, journalEntryFormat);
  return reading.kind === "stored" ? [reading.value] : [];
}
