import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  smallFileNames,
  smallFilePath,
  smallFilesOfBare,
  type GitDirectories,
  type SmallFileName,
} from "../../git/git-directory.ts";
import { asError } from "../../platform/coded-error.ts";
import { asFields, asText, asTime, type StoredFields } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import { TimeSlice } from "../../platform/time-slice.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { KnownHeads } from "./known-heads.ts";
import { isRepoName, parseSlotId } from "../../pool/slot-id.ts";
import type { JsonObject } from "../../pool/records/slot-record.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** The small files of a repository that a copy keeps. */
export type KnownGoodFiles = ReadonlyMap<SmallFileName, Buffer>;

interface KnownGoodCopy {
  readonly takenAt: Date;
  /** Every field of slot.json or pool.json as it was read. */
  readonly fields: JsonObject;
  /** Empty if the repository was never seen healthy. */
  readonly files: KnownGoodFiles;
}

/** The last healthy slot.json of a slot, and the small files of its repository when that was last healthy. */
export interface KnownGoodSlot extends KnownGoodCopy {
  readonly slotId: string;
}

/** The last valid pool.json, and for a worktree pool the small files of the main repository. */
export interface KnownGoodPool extends KnownGoodCopy {
  readonly repoName: string;
}

/** A slot as it was inspected. `directories` only if nothing is wrong with its repository. */
export interface HealthySlot {
  readonly slot: Slot;
  readonly directories: GitDirectories | undefined;
}

export type RememberResult =
  | { readonly kind: "remembered"; readonly written: number }
  | { readonly kind: "unwritable"; readonly detail: string };

/** Repository files beyond this are not small, and not copied. */
const maxFileBytes = 64 * 1024;

/** A copy of one slot or pool. Files are base64: a path or a name in them need not be UTF-8. */
export const knownGoodFormat: StoredFormat<KnownGoodCopy> = {
  name: "a copy of healthy metadata",
  version: 1,
  maxBytes: 4 * 1024 * 1024,
  parse({ taken_at: takenAt, fields: written, files }) {
    const [fields, encoded] = [asFields(written), asFields(files)];
    if (fields === undefined || encoded === undefined) return undefined;
    return { takenAt: asTime(takenAt) ?? new Date(0), fields, files: decodeFiles(encoded) };
  },
  format: ({ takenAt, fields, files }) => ({
    taken_at: takenAt.toISOString(),
    fields,
    files: encodeFiles(files),
  }),
};

export function knownGoodDirectory(stateDir: string): string {
  return join(stateDir, "known-good");
}

/**
 * Copies of healthy metadata and of the small repository files, outside the slots: `known-good/<repo_name>/` in the
 * state directory. Written by `serve` and after a verified repair, never by `check`.
 */
export class KnownGoodStore {
  readonly #directory: string;
  readonly #heads: KnownHeads;
  /** What this process wrote or read last, by file: a write happens only on a change. */
  readonly #written = new Map<string, string>();

  constructor(stateDir: string) {
    this.#directory = knownGoodDirectory(stateDir);
    this.#heads = new KnownHeads(this.#directory);
  }

  /** HEAD of a slot of any source as it was when it was last healthy. @throws as `readSlot` */
  readHead(slot: Slot): Buffer | undefined {
    return slot.reading.kind === "unrecorded"
      ? this.#heads.read(slot)
      : this.readSlot(slot.slotId)?.files.get("HEAD");
  }

  /** Undefined if there is no copy, or no readable one. @throws CodedError `STORED_FILE_NEWER` */
  readSlot(slotId: string): KnownGoodSlot | undefined {
    const name = parseSlotId(slotId);
    if (name === undefined) return undefined;
    const copy = this.#read(this.#slotFile(name.repoName, name.number));
    return copy === undefined ? undefined : { slotId, ...copy };
  }

  /** Undefined if there is no copy, or no readable one. @throws CodedError `STORED_FILE_NEWER` */
  readPool(repoName: string): KnownGoodPool | undefined {
    if (!isRepoName(repoName)) return undefined;
    const copy = this.#read(this.#poolFile(repoName));
    return copy === undefined ? undefined : { repoName, ...copy };
  }

  /** The numbers of the slots that a pool is remembered to have. */
  listSlotNumbers(repoName: string): number[] {
    if (!isRepoName(repoName)) return [];
    try {
      return readdirSync(join(this.#directory, repoName))
        .map((name) => Number(/^slot([1-9][0-9]{0,8})\.json$/.exec(name)?.[1] ?? 0))
        .filter((number) => number > 0)
        .sort((a, b) => a - b);
    } catch {
      // Nothing remembered, or nothing readable: both mean that the copy cannot help.
      return [];
    }
  }

  /**
   * Keeps what is healthy now and differs from the copy, and forgets slots that the pool has given up.
   * A state directory that cannot be written is an outcome, not an error.
   */
  async remember(pool: Pool, slots: readonly HealthySlot[], now: Date): Promise<RememberResult> {
    const slice = new TimeSlice();
    try {
      if (pool.source !== undefined)
        return { kind: "remembered", written: this.#heads.remember(pool, slots) ? 1 : 0 };
      let written = this.#rememberPool(pool, slots, now) ? 1 : 0;
      for (const healthy of slots) {
        if (this.#rememberSlot(healthy, now)) written++;
        await slice.yieldToEventLoop();
      }
      this.#forgetRemovedSlots(pool);
      return { kind: "remembered", written };
    } catch (error) {
      return { kind: "unwritable", detail: asError(error).message };
    }
  }

  #rememberPool(pool: Pool, slots: readonly HealthySlot[], now: Date): boolean {
    if (pool.record === undefined || pool.problems.some(({ code }) => code === "pool_metadata_invalid"))
      return false;
    const file = this.#poolFile(pool.repoName);
    const isSharedHealthy = pool.layout === "worktree" && slots.some(({ directories }) => directories);
    const main = mainRepositoryPath(pool.directory);
    const shared = { gitDirectory: main, commonDirectory: main };
    const files = isSharedHealthy
      ? readFiles(smallFilesOfBare, { slotPath: main, directories: shared })
      : undefined;
    return this.#write(file, { fields: pool.record.fields, files }, now);
  }

  #rememberSlot({ slot, directories }: HealthySlot, now: Date): boolean {
    if (slot.reading.kind !== "valid") return false;
    const file = this.#slotFile(slot.repoName, slot.number);
    const files =
      directories === undefined ? undefined : readFiles(smallFileNames, { slotPath: slot.path, directories });
    return this.#write(file, { fields: slot.reading.record.fields, files }, now);
  }

  /** Only if no slot of pool.json is missing: a missing slot must stay remembered. */
  #forgetRemovedSlots({ repoName, record, slots }: Pool): void {
    const readable = slots.filter(({ reading }) => reading.kind === "valid");
    if (record === undefined || readable.length < record.numSlots) return;
    const present = new Set(slots.map(({ number }) => number));
    for (const number of this.listSlotNumbers(repoName).filter((each) => !present.has(each))) {
      const file = this.#slotFile(repoName, number);
      rmSync(file, { force: true });
      this.#written.delete(file);
    }
  }

  /** A repository that is broken now keeps the files of the copy before. */
  #write(file: string, seen: { fields: JsonObject; files: KnownGoodFiles | undefined }, now: Date): boolean {
    if (seen.files !== undefined && this.#isWritten(file, contentOf({ ...seen, files: seen.files })))
      return false;
    const before = this.#read(file);
    const files = seen.files ?? before?.files ?? new Map<SmallFileName, Buffer>();
    const copy = { takenAt: now, fields: seen.fields, files };
    if (this.#isWritten(file, contentOf(copy))) return false;
    writeStoredFile(file, knownGoodFormat, copy);
    this.#written.set(file, contentOf(copy));
    return true;
  }

  #isWritten(file: string, content: string): boolean {
    return this.#written.get(file) === content && uncachedReader.readEntry(file).kind === "file";
  }

  #read(file: string): KnownGoodCopy | undefined {
    const reading = readStoredFile(file, knownGoodFormat);
    // A torn copy is no copy.
    if (reading.kind !== "stored") return undefined;
    this.#written.set(file, contentOf(reading.value));
    return reading.value;
  }

  #slotFile(repoName: string, number: number): string {
    return join(this.#directory, repoName, `slot${number}.json`);
  }

  #poolFile(repoName: string): string {
    return join(this.#directory, repoName, "pool.json");
  }
}

function readFiles(
  names: readonly SmallFileName[],
  place: { slotPath: string; directories: GitDirectories },
): KnownGoodFiles {
  const files = new Map<SmallFileName, Buffer>();
  for (const name of names) {
    const reading = uncachedReader.readRegularFile(smallFilePath(name, place), { maxBytes: maxFileBytes });
    if (reading.kind === "content") files.set(name, reading.content);
  }
  return files;
}

/** What a copy holds, without when it was taken. */
function contentOf({ fields, files }: Pick<KnownGoodCopy, "fields" | "files">): string {
  return JSON.stringify([fields, encodeFiles(files)]);
}

function encodeFiles(files: KnownGoodFiles): Record<string, string> {
  return Object.fromEntries([...files].map(([name, content]) => [name, content.toString("base64")]));
}

function decodeFiles(encoded: StoredFields): KnownGoodFiles {
  return new Map(
    smallFileNames.flatMap((name) => {
      const text = asText(encoded[name]);
      return text === undefined ? [] : [[name, Buffer.from(text, "base64")] as const];
    }),
  );
}
