import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  type BigIntStats,
} from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { sendToGit } from "../../git/run/feed-git.ts";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import type { SavedFile, SavedRoot } from "./saved-file.ts";
import { runSalvageGit, type SalvageRepository } from "./salvage-repository.ts";
import {
  signatureOf,
  walkFiles,
  type WalkedEntry,
  type WalkedObstacle,
  type WalkOptions,
} from "./walk-files.ts";

/** A directory to be saved, and what it is of the slot. */
export interface FileSource extends WalkOptions {
  readonly root: SavedRoot;
  readonly directory: string;
}

/** A tree of objects that are in the salvage already. */
export interface ObjectTree {
  readonly ref: string;
  readonly entries: readonly { readonly mode: string; readonly objectId: string; readonly path: Buffer }[];
}

export interface Obstacle extends WalkedObstacle {
  readonly root: SavedRoot;
}

export interface ImportedFiles {
  readonly files: readonly SavedFile[];
  readonly obstacles: readonly Obstacle[];
  /** Files that somebody wrote while they were read, so that what is saved may never have been there. */
  readonly changed: readonly { root: SavedRoot; path: Buffer }[];
}

export const filesRef = "refs/salvage/files";

/**
 * Saves files as blobs through `git fast-import`, which is given bytes and names: git opens no file of the slot, so no
 * attribute, filter or ignore rule of it applies, and content that cannot be a git tree (a nested `.git`) is saved too.
 */
export async function importFiles(
  work: { sources: readonly FileSource[]; trees: readonly ObjectTree[]; createdAt: Date },
  target: SalvageRepository,
): Promise<ImportedFiles> {
  const marks = join(target.gitDirectory, "marks");
  const importer = new FileImport(target.signal);
  let failure: Error | undefined;
  const command = runSalvageGit(
    {
      args: [
        "fast-import",
        "--quiet",
        "--done",
        "--depth=0",
        "--big-file-threshold=8m",
        `--export-marks=${marks}`,
      ],
      gitDirectory: target.gitDirectory,
      settings: [
        "pack.compression=1",
        "fastimport.unpackLimit=0",
        "core.protectNTFS=false",
        "core.protectHFS=false",
      ],
      feed: (stdin) =>
        importer.send(stdin, work).catch((error: unknown) => {
          failure = asError(error);
          throw failure;
        }),
    },
    target,
  );
  await command.catch((error: unknown) => {
    throw failure === undefined || /git ended/.test(failure.message) ? error : failure;
  });
  const files = importer.finish(readMarks(marks));
  rmSync(marks);
  const changed = [...importer.changed, ...importer.findLateChanges(work.sources)];
  return { files, obstacles: importer.obstacles, changed };
}

function readMarks(path: string): ReadonlyMap<number, string> {
  const lines = readFileSync(path, "latin1").split("\n");
  return new Map(
    lines.flatMap((line): [number, string][] => {
      const [mark = "", objectId] = line.split(" ");
      return objectId === undefined ? [] : [[Number(mark.slice(1)), objectId]];
    }),
  );
}

type UnfinishedFile = SavedFile & { readonly mark?: number };

const mostAttempts = 3;
const chunkBytes = 1024 * 1024;

class FileImport {
  readonly obstacles: Obstacle[] = [];
  readonly changed: { root: SavedRoot; path: Buffer }[] = [];
  readonly #files: UnfinishedFile[] = [];
  readonly #signatures = new Map<string, string>();
  readonly #signal: AbortSignal;
  readonly #buffer = Buffer.allocUnsafe(chunkBytes);
  #lastMark = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async send(
    stdin: Writable,
    work: { sources: readonly FileSource[]; trees: readonly ObjectTree[]; createdAt: Date },
  ): Promise<void> {
    for (const source of work.sources) {
      for (const found of walkFiles(source.directory, source)) {
        this.#signal.throwIfAborted();
        await this.#sendEntry(stdin, source.root, found);
      }
    }
    const seconds = Math.floor(work.createdAt.getTime() / 1000);
    await sendCommit(stdin, { ref: filesRef, seconds, lines: this.#treeLines() });
    for (const { ref, entries } of work.trees) {
      const lines = entries.map(({ mode, objectId, path }) => `M ${mode} ${objectId} ${quotePath(path)}\n`);
      await sendCommit(stdin, { ref, seconds, lines });
    }
    await sendToGit(stdin, "done\n");
  }

  finish(objectIds: ReadonlyMap<number, string>): SavedFile[] {
    return this.#files.map(({ mark, ...file }) => {
      if (mark === undefined) return file;
      const object = objectIds.get(mark);
      if (object === undefined) throw new Error("git fast-import did not say what a file became");
      return { ...file, object };
    });
  }

  /** What is not as it was when it was saved: a second look at names, sizes and times. */
  findLateChanges(sources: readonly FileSource[]): { root: SavedRoot; path: Buffer }[] {
    const changed: { root: SavedRoot; path: Buffer }[] = [];
    for (const source of sources) {
      for (const found of walkFiles(source.directory, source)) {
        if (found.kind !== "file" && found.kind !== "link") continue;
        const key = keyOf(source.root, found.path);
        const before = this.#signatures.get(key);
        if (before !== signatureOf(found.stats)) changed.push({ root: source.root, path: found.path });
      }
    }
    return changed.filter(({ path }) => !this.changed.some((known) => known.path.equals(path)));
  }

  async #sendEntry(stdin: Writable, root: SavedRoot, found: WalkedEntry | WalkedObstacle): Promise<void> {
    if (!("stats" in found)) {
      this.obstacles.push({ ...found, root });
      return;
    }
    const common = {
      root,
      path: found.path,
      mode: Number(found.stats.mode & 0o7777n),
      modifiedAtMilliseconds: Number(found.stats.mtimeMs),
    };
    this.#signatures.set(keyOf(root, found.path), signatureOf(found.stats));
    if (found.kind === "directory") this.#files.push({ ...common, kind: "directory" });
    else if (found.kind === "link") {
      const target = found.target ?? Buffer.alloc(0);
      this.#files.push({ ...common, kind: "link", target, mark: await this.#sendBlob(stdin, target) });
    } else await this.#sendFile(stdin, common, found);
  }

  /** Read again while somebody writes it; what stays restless is saved as it was read last, and told. */
  async #sendFile(
    stdin: Writable,
    common: Omit<SavedFile, "kind">,
    { access, stats }: WalkedEntry,
  ): Promise<void> {
    const { root, path } = common;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#sendOpenFile(stdin, access, stats);
      if (sent.kind === "unreadable") {
        if (vanishedCodes.includes(sent.errorCode)) this.changed.push({ root, path });
        else this.obstacles.push({ kind: "unreadable", root, path, found: sent.errorCode });
        return;
      }
      if (sent.isSteady || attempt === mostAttempts) {
        if (!sent.isSteady) this.changed.push({ root, path });
        this.#signatures.set(keyOf(root, path), signatureOf(sent.stats));
        this.#files.push({ ...common, kind: "file", bytes: Number(sent.stats.size), mark: sent.mark });
        return;
      }
    }
  }

  async #sendOpenFile(stdin: Writable, access: Buffer, found: BigIntStats): Promise<SentFile> {
    let descriptor;
    try {
      descriptor = openSync(access, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return unreadable(error);
    }
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (!before.isFile() || before.ino !== found.ino) return { kind: "unreadable", errorCode: "ESTALE" };
      const mark = await this.#sendDescriptor(stdin, descriptor, Number(before.size));
      if (typeof mark !== "number") return mark;
      const after = fstatSync(descriptor, { bigint: true });
      return { kind: "sent", mark, stats: after, isSteady: signatureOf(before) === signatureOf(after) };
    } finally {
      closeSync(descriptor);
    }
  }

  /** Git was promised so many bytes: where they do not come, zeros do, and nobody uses that blob. */
  async #sendDescriptor(stdin: Writable, descriptor: number, bytes: number): Promise<number | SentFile> {
    const mark = ++this.#lastMark;
    let failure: SentFile | undefined;
    await sendToGit(stdin, `blob\nmark :${mark}\ndata ${bytes}\n`);
    for (let position = 0; position < bytes;) {
      this.#signal.throwIfAborted();
      const wanted = Math.min(chunkBytes, bytes - position);
      let read = 0;
      try {
        read = failure === undefined ? readSync(descriptor, this.#buffer, 0, wanted, position) : 0;
      } catch (error) {
        failure = unreadable(error);
      }
      if (read === 0) this.#buffer.fill(0, 0, wanted);
      // A copy: the stream may keep it after this turn.
      await sendToGit(stdin, Buffer.from(this.#buffer.subarray(0, read === 0 ? wanted : read)));
      position += read === 0 ? wanted : read;
    }
    await sendToGit(stdin, "\n");
    return failure ?? mark;
  }

  async #sendBlob(stdin: Writable, content: Buffer): Promise<number> {
    const mark = ++this.#lastMark;
    await sendToGit(stdin, `blob\nmark :${mark}\ndata ${content.length}\n`);
    await sendToGit(stdin, Buffer.concat([content, Buffer.from("\n")]));
    return mark;
  }

  *#treeLines(): Generator<string> {
    for (const [index, { root, kind, path, mode, mark }] of this.#files.entries()) {
      if (mark === undefined) continue;
      const gitMode = kind === "link" ? "120000" : (mode & 0o100) === 0 ? "100644" : "100755";
      // A `.git` inside a tree is refused by git when it is checked out: it gets a number for a name.
      const name = isTreePath(path, kind)
        ? Buffer.concat([Buffer.from(`${root}/`), path])
        : Buffer.from(`unusual/${index}`);
      yield `M ${gitMode} :${mark} ${quotePath(name)}\n`;
    }
  }
}

type SentFile =
  | { readonly kind: "sent"; readonly mark: number; readonly stats: BigIntStats; readonly isSteady: boolean }
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** @throws where the fault is not the file's: the salvage must not pass over it. */
function unreadable(error: unknown): Extract<SentFile, { kind: "unreadable" }> {
  const code = systemErrorCode(error);
  if (code === undefined || ["EMFILE", "ENFILE", "ENOMEM"].includes(code)) throw error;
  return { kind: "unreadable", errorCode: code };
}

/** Something else is where the file was a moment ago. */
const vanishedCodes: readonly string[] = ["ENOENT", "ELOOP", "ENXIO", "ESTALE"];

function keyOf(root: SavedRoot, path: Buffer): string {
  return `${root}/${path.toString("latin1")}`;
}

async function sendCommit(
  stdin: Writable,
  { ref, seconds, lines }: { ref: string; seconds: number; lines: Iterable<string> },
): Promise<void> {
  const message = "Saved by repo-pool-sidecar\n";
  await sendToGit(
    stdin,
    `commit ${ref}\ncommitter repo-pool-sidecar <repo-pool-sidecar> ${seconds} +0000\ndata ${message.length}\n${message}`,
  );
  for (const line of lines) await sendToGit(stdin, line);
  await sendToGit(stdin, "\n");
}

function isTreePath(path: Buffer, kind: SavedFile["kind"]): boolean {
  const names = path.toString("latin1").toLowerCase().split("/");
  return !names.includes(".git") && !(kind === "link" && names.at(-1) === ".gitmodules");
}

/** As git quotes names: every byte that is not plain ASCII as three octal digits. */
function quotePath(path: Buffer): string {
  const quoted = [...path].map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return `"${quoted.join("")}"`;
}
