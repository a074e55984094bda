import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { syncDirectory, writeWhole } from "../platform/atomic-file.ts";
import { startStopwatch } from "../platform/clock.ts";
import { asError, CodedError } from "../platform/coded-error.ts";
import { loadFlock } from "../platform/flock.ts";
import { readRange } from "../platform/regular-file.ts";
import { readStoredText } from "../platform/stored-file.ts";
import { readJournalCheckpoint, shortenEntries, writeJournalCheckpoint } from "./journal-checkpoint.ts";
import { formatLine, journalEntryFormat, type JournalEntry, type NewJournalEntry } from "./journal-entry.ts";
import { journalFileName, listJournalFiles, readLines } from "./journal-files.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";

export interface JournalLimits {
  readonly fileBytes: number;
  readonly fileCount: number;
}

const defaultLimits: JournalLimits = { fileBytes: 4 * 1024 * 1024, fileCount: 8 };
const appendLockTimeoutSeconds = 10;
const appendLockPollMilliseconds = 2;

/**
 * The append-only record of every action intended and its outcome. One line is one write, on disk before `append`
 * returns. Several processes may append: a lock that is held for one line keeps their lines, the repair of a torn
 * last line, and rotation apart.
 */
export class Journal {
  readonly directory: string;
  readonly #limits: JournalLimits;

  constructor(stateDir: string, limits: JournalLimits = defaultLimits) {
    this.directory = join(stateDir, "journal");
    this.#limits = limits;
  }

  /**
   * @throws CodedError `JOURNAL_UNWRITABLE` or `JOURNAL_BUSY` if the line cannot be kept: what it announces must then
   * not be done.
   */
  append(entry: NewJournalEntry, at: Date): void {
    const line = formatLine(entry, at);
    try {
      makeStateDirectory(this.directory);
      this.#withAppendLock(() => {
        this.#rotate();
        const number = listJournalFiles(this.directory).at(-1) ?? 1;
        appendLine(join(this.directory, journalFileName(number)), line);
      });
    } catch (error) {
      if (error instanceof CodedError) throw error;
      const { message } = asError(error);
      throw new CodedError("JOURNAL_UNWRITABLE", `${this.directory}: ${message}`, { cause: error });
    }
  }

  /** True if a journal is there and may be written: who must change nothing asks this first. */
  isWritable(): boolean {
    try {
      accessSync(this.directory, constants.W_OK);
      return true;
    } catch {
      // No journal yet, or a state directory that is only read.
      return false;
    }
  }

  /** Everything that is kept, oldest first. */
  read(): JournalEntry[] {
    return new JournalFollower(this.directory).readNew();
  }

  /** Reads on from where it last stopped; its first reading is everything. */
  follow(): JournalFollower {
    return new JournalFollower(this.directory);
  }

  #withAppendLock(task: () => void): void {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const descriptor = openSync(join(this.directory, "append.lock"), flags, 0o600);
    try {
      const waitedSeconds = startStopwatch();
      while (!loadFlock()(descriptor)) {
        if (waitedSeconds() > appendLockTimeoutSeconds)
          throw new CodedError("JOURNAL_BUSY", `${this.directory}: another process holds append.lock`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, appendLockPollMilliseconds);
      }
      task();
    } finally {
      closeSync(descriptor);
    }
  }

  /** Begins a new file when the last one is full; files over the limit live on in shortened form. */
  #rotate(): void {
    const { directory } = this;
    const numbers = listJournalFiles(directory);
    const last = numbers.at(-1);
    if (last === undefined || sizeOf(join(directory, journalFileName(last))) < this.#limits.fileBytes) return;
    const carried = readJournalCheckpoint(directory);
    const kept = numbers.filter((number) => number > carried.through);
    const leaving = kept.slice(0, Math.max(0, kept.length + 1 - this.#limits.fileCount));
    const through = leaving.at(-1);
    if (through !== undefined) {
      const read = leaving.flatMap(
        (number) => readLines(join(directory, journalFileName(number)), 0).entries,
      );
      writeJournalCheckpoint(directory, { through, entries: shortenEntries([...carried.entries, ...read]) });
    }
    for (const number of numbers.filter((candidate) => candidate <= (through ?? carried.through)))
      rmSync(join(directory, journalFileName(number)), { force: true });
    closeSync(openSync(join(directory, journalFileName(last + 1)), "a", 0o600));
    syncDirectory(directory);
  }
}

/** One reader's place in the journal. */
export class JournalFollower {
  readonly #directory: string;
  readonly #offsets = new Map<number, number>();
  #hasReadCarried = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  readNew(): JournalEntry[] {
    const entries: JournalEntry[] = [];
    const numbers = listJournalFiles(this.#directory);
    let through = 0;
    if (!this.#hasReadCarried) {
      const carried = readJournalCheckpoint(this.#directory);
      through = carried.through;
      entries.push(...carried.entries);
      this.#hasReadCarried = true;
    }
    for (const number of numbers.filter((candidate) => candidate > through)) {
      const path = join(this.#directory, journalFileName(number));
      const read = readLines(path, this.#offsets.get(number) ?? 0);
      this.#offsets.set(number, read.nextOffset);
      entries.push(...read.entries);
    }
    return entries;
  }
}

function sizeOf(path: string): number {
  const descriptor = openSync(path, "r");
  try {
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

function appendLine(path: string, line: string): void {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
  try {
    const size = cutTornLine(descriptor, path);
    try {
      writeWhole(descriptor, line);
      fsyncSync(descriptor);
    } catch (error) {
      // A line that is half there would hide the next one.
      ftruncateSync(descriptor, size);
      throw error;
    }
    if (size === 0) syncDirectory(join(path, ".."));
  } finally {
    closeSync(descriptor);
  }
}

const tailBytes = 256 * 1024;
const newline = 0x0a;

/**
 * Cuts off a last line that was never finished.
 * @returns the length of what is whole. @throws CodedError `STORED_FILE_NEWER` if a newer program wrote last.
 */
function cutTornLine(descriptor: number, path: string): number {
  const { size } = fstatSync(descriptor);
  const start = Math.max(0, size - tailBytes);
  const tail = readRange(descriptor, start, size - start);
  const end = tail.lastIndexOf(newline) + 1;
  if (end === 0 && start > 0) throw new CodedError("JOURNAL_UNREADABLE", `${path}: its last line has no end`);
  if (start + end < size) ftruncateSync(descriptor, start + end);
  const lastLine = tail.subarray(0, Math.max(0, end - 1));
  readStoredText(
    lastLine.subarray(lastLine.lastIndexOf(newline) + 1).toString("utf8"),
    path,
    journalEntryFormat,
  );
  return start + end;
}
