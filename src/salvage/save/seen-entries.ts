import { lstatSync, readdirSync, type Stats } from "node:fs";
import { encodePath } from "../../platform/byte-text.ts";
import {
  isSameEntry,
  placeOf,
  walkFiles,
  type EntryIdentity,
  type WalkedEntry,
  type WalkOptions,
} from "./walk-files.ts";

/** The longest path that the system takes; the walk itself goes deeper. */
const longestPathBytes = 4000;
/** Coarser than the times of any file system: a directory that changed so lately may change again within the same time. */
const settledAfterMilliseconds = 2000;

interface WalkedDirectory extends WalkOptions {
  readonly directory: string;
}

interface SeenEntry extends EntryIdentity {
  readonly kind: WalkedEntry["kind"];
  /** Of a directory: any later change of its names shows in its times. */
  readonly isSettled: boolean;
}

/** What a walk saw below a directory, to be compared with what is there later. */
export class SeenEntries {
  readonly #source: WalkedDirectory;
  readonly #directoryBytes: number;
  readonly #settledBefore: number;
  readonly #entries = new Map<string, SeenEntry>();
  #isDeep = false;

  constructor(source: WalkedDirectory, startedAtMilliseconds = Date.now()) {
    this.#source = source;
    this.#settledBefore = startedAtMilliseconds - settledAfterMilliseconds;
    this.#directoryBytes = Buffer.byteLength(source.directory);
  }

  note(path: string, kind: WalkedEntry["kind"], stats: Stats): void {
    const isSettled = kind === "directory" && this.#isSettled(stats);
    const { dev, ino, size, mode, mtimeMs, ctimeMs } = stats;
    this.#entries.set(path, { kind, dev, ino, size, mode, mtimeMs, ctimeMs, isSettled });
    this.#isDeep ||= this.#directoryBytes + path.length > longestPathBytes;
  }

  /** Files and links that came or changed since, by their paths in latin1. A directory is listed again only if its own times do not tell that it need not be. */
  *listChanged(): Generator<string> {
    if (this.#isDeep) {
      yield* this.#walkAgain();
      return;
    }
    yield* this.#listNew("");
    for (const [path, seen] of this.#entries) {
      const stats = this.#look(path);
      if (stats === undefined) continue;
      const isSame = isSameEntry(stats, seen);
      if (seen.kind === "directory" && stats.isDirectory()) {
        if (!isSame || !seen.isSettled) yield* this.#listNew(path);
      } else if (!isSame && !isSpecial(stats)) yield path;
    }
  }

  *#walkAgain(): Generator<string> {
    for (const found of walkFiles(this.#source.directory, this.#source))
      if (found.kind === "file" || found.kind === "link") {
        const seen = this.#entries.get(found.path);
        if (seen === undefined || !isSameEntry(found.stats, seen)) yield found.path;
      }
  }

  *#listNew(directory: string): Generator<string> {
    for (const name of listNames(this.#placeOf(directory))) {
      const path = directory === "" ? name : `${directory}/${name}`;
      if (this.#entries.has(path)) continue;
      const stats = this.#look(path);
      if (stats === undefined || isSpecial(stats)) continue;
      if (this.#source.isLeftOut?.(path, stats.isDirectory() ? "directory" : "other") === true) continue;
      if (stats.isDirectory()) yield* this.#listNew(path);
      else yield path;
    }
  }

  #isSettled({ ctimeMs, mtimeMs }: Stats): boolean {
    return ctimeMs < this.#settledBefore && mtimeMs < this.#settledBefore;
  }

  #placeOf(path: string): string | Buffer {
    const { directory } = this.#source;
    return path === "" ? encodePath(directory) : placeOf(directory, path);
  }

  /** Undefined of what is gone or closed: the walk would not come to it either. */
  #look(path: string): Stats | undefined {
    try {
      return lstatSync(this.#placeOf(path), { throwIfNoEntry: false });
    } catch {
      return undefined;
    }
  }
}

function isSpecial(stats: Stats): boolean {
  return !stats.isFile() && !stats.isDirectory() && !stats.isSymbolicLink();
}

/** Their bytes in latin1. */
function listNames(directory: string | Buffer): string[] {
  try {
    return readdirSync(directory, { encoding: "latin1" });
  } catch {
    return [];
  }
}
