import { lstatSync, readdirSync, type Stats } from "node:fs";
import { signatureOf, walkFiles, type WalkedEntry, type WalkOptions } from "./walk-files.ts";

const slash = Buffer.from("/");
/** What the system takes for a path; the walk itself goes deeper. */
const longestPathBytes = 4000;
/** Coarser than the times of any file system: a directory that changed so lately may change again within the same time. */
const settledAfterMilliseconds = 2000;

interface WalkedDirectory extends WalkOptions {
  readonly directory: string;
}

interface SeenEntry {
  readonly kind: WalkedEntry["kind"];
  readonly signature: string;
  /** Of a directory: any later change of its names shows in its times. */
  readonly isSettled: boolean;
}

/** What a walk saw below a directory, to be compared with what is there later. */
export class SeenEntries {
  readonly #source: WalkedDirectory;
  readonly #directory: Buffer;
  readonly #settledBefore: number;
  readonly #entries = new Map<string, SeenEntry>();
  #isDeep = false;

  constructor(source: WalkedDirectory, startedAtMilliseconds = Date.now()) {
    this.#source = source;
    this.#settledBefore = startedAtMilliseconds - settledAfterMilliseconds;
    this.#directory = Buffer.from(source.directory);
  }

  note(path: Buffer, kind: WalkedEntry["kind"], stats: Stats): void {
    const isSettled = kind === "directory" && this.#isSettled(stats);
    this.#entries.set(path.toString("latin1"), { kind, signature: signatureOf(stats), isSettled });
    this.#isDeep ||= this.#directory.length + path.length > longestPathBytes;
  }

  /** Files and links that came or changed since. A directory is listed again only if its own times do not tell that it need not be. */
  *listChanged(): Generator<Buffer> {
    if (this.#isDeep) {
      yield* this.#walkAgain();
      return;
    }
    yield* this.#listNew(Buffer.alloc(0));
    for (const [name, seen] of this.#entries) {
      const path = Buffer.from(name, "latin1");
      const stats = this.#look(path);
      if (stats === undefined) continue;
      const isSame = signatureOf(stats) === seen.signature;
      if (seen.kind === "directory" && stats.isDirectory()) {
        if (!isSame || !seen.isSettled) yield* this.#listNew(path);
      } else if (!isSame && !isSpecial(stats)) yield path;
    }
  }

  *#walkAgain(): Generator<Buffer> {
    for (const found of walkFiles(this.#source.directory, this.#source))
      if (found.kind === "file" || found.kind === "link")
        if (this.#entries.get(found.path.toString("latin1"))?.signature !== signatureOf(found.stats))
          yield found.path;
  }

  *#listNew(directory: Buffer): Generator<Buffer> {
    for (const name of listNames(this.#placeOf(directory))) {
      const path = directory.length === 0 ? name : Buffer.concat([directory, slash, name]);
      if (this.#entries.has(path.toString("latin1"))) continue;
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

  #placeOf(path: Buffer): Buffer {
    return path.length === 0 ? this.#directory : Buffer.concat([this.#directory, slash, path]);
  }

  /** Undefined of what is gone or closed: the walk would not come to it either. */
  #look(path: Buffer): Stats | undefined {
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

function listNames(directory: Buffer): Buffer[] {
  try {
    return readdirSync(directory, { encoding: "buffer" });
  } catch {
    return [];
  }
}
