import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, type BigIntStats } from "node:fs";
import { join } from "node:path";
import { modulesFileName } from "../../git/config/submodule-paths.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import { FastImport, parseMarks, type TreeLine } from "./fast-import.ts";
import type { SavedFile, SavedRoot } from "./saved-file.ts";
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

export interface FileWork {
  readonly sources: readonly FileSource[];
  readonly trees: readonly ObjectTree[];
  /** Such a blob of the salvage, if a file of the work tree is known to be it without being read. */
  readonly unchangedBlob: (path: string, stats: BigIntStats) => string | undefined;
  readonly createdAt: Date;
  readonly signal: AbortSignal;
}

const filesRef = "refs/salvage/files";
/** Content is compressed a little, and names are allowed that other systems forbid. */
const settings = [
  "pack.compression=1",
  "fastimport.unpackLimit=0",
  "core.protectNTFS=false",
  "core.protectHFS=false",
];

/**
 * Saves files as blobs through `git fast-import`, which is given bytes and names: git opens no file of the slot, so no
 * attribute, filter or ignore rule of it applies, and content that cannot be a git tree (a nested `.git`) is saved too.
 */
export async function importFiles(work: FileWork, target: ScratchRepository): Promise<ImportedFiles> {
  const marks = join(target.directory, "marks");
  const importer = new FileImport(work);
  let failure: Error | undefined;
  const options = ["--quiet", "--done", "--depth=0", "--big-file-threshold=8m", `--export-marks=${marks}`];
  const command = target.mustRun(["fast-import", ...options], {
    settings,
    feed: (stdin) =>
      importer.send(new FastImport(stdin, work.signal)).catch((error: unknown) => {
        failure = asError(error);
        throw failure;
      }),
  });
  await command.catch((error: unknown) => {
    throw failure === undefined || /git ended/.test(failure.message) ? error : failure;
  });
  const files = importer.finish(parseMarks(readFileSync(marks, "latin1")));
  rmSync(marks);
  const changed = [...importer.changed, ...importer.findLateChanges()];
  return { files, obstacles: importer.obstacles, changed };
}

type UnfinishedFile = SavedFile & { readonly mark?: number };

const mostAttempts = 3;

class FileImport {
  readonly obstacles: Obstacle[] = [];
  readonly changed: { root: SavedRoot; path: Buffer }[] = [];
  readonly #files: UnfinishedFile[] = [];
  readonly #signatures = new Map<string, string>();
  readonly #work: FileWork;

  constructor(work: FileWork) {
    this.#work = work;
  }

  async send(git: FastImport): Promise<void> {
    const { sources, trees, createdAt, signal } = this.#work;
    for (const source of sources) {
      for (const found of walkFiles(source.directory, source)) {
        signal.throwIfAborted();
        await this.#sendEntry(git, source.root, found);
      }
    }
    const seconds = Math.floor(createdAt.getTime() / 1000);
    await git.sendCommit(filesRef, seconds, this.#treeLines());
    for (const { ref, entries } of trees) {
      const lines = entries.map(({ mode, objectId, path }) => ({ mode, object: objectId, path }));
      await git.sendCommit(ref, seconds, lines);
    }
    await git.sendEnd();
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
  findLateChanges(): { root: SavedRoot; path: Buffer }[] {
    const changed: { root: SavedRoot; path: Buffer }[] = [];
    for (const source of this.#work.sources) {
      for (const found of walkFiles(source.directory, source)) {
        if (found.kind !== "file" && found.kind !== "link") continue;
        const key = keyOf(source.root, found.path);
        const before = this.#signatures.get(key);
        if (before !== signatureOf(found.stats)) changed.push({ root: source.root, path: found.path });
      }
    }
    return changed.filter(({ path }) => !this.changed.some((known) => known.path.equals(path)));
  }

  async #sendEntry(git: FastImport, root: SavedRoot, found: WalkedEntry | WalkedObstacle): Promise<void> {
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
      this.#files.push({ ...common, kind: "link", target, mark: await git.sendBlob(target) });
    } else {
      const path = found.path.toString("latin1");
      const object = root === "work" ? this.#work.unchangedBlob(path, found.stats) : undefined;
      if (object === undefined) await this.#sendFile(git, common, found);
      else this.#files.push({ ...common, kind: "file", bytes: Number(found.stats.size), object });
    }
  }

  /** Read again while somebody writes it; what stays restless is saved as it was read last, and told. */
  async #sendFile(
    git: FastImport,
    common: Omit<SavedFile, "kind">,
    { access, stats }: WalkedEntry,
  ): Promise<void> {
    const { root, path } = common;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#sendOpenFile(git, access, stats);
      if (sent.kind === "unreadable") {
        if (vanishedCodes.includes(sent.errorCode)) this.changed.push({ root, path });
        else this.obstacles.push({ kind: "unreadable", root, path, found: sent.errorCode });
        return;
      }
      if (sent.isSteady || attempt === mostAttempts) {
        if (!sent.isSteady) this.changed.push({ root, path });
        this.#signatures.set(keyOf(root, path), signatureOf(sent.stats));
        this.#files.push({ ...common, kind: "file", bytes: Number(sent.stats.size), ...sent.blob });
        return;
      }
    }
  }

  async #sendOpenFile(git: FastImport, access: Buffer, found: BigIntStats): Promise<SentFile> {
    let descriptor;
    try {
      descriptor = openSync(access, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch (error) {
      return unreadable(error);
    }
    try {
      const before = fstatSync(descriptor, { bigint: true });
      if (!before.isFile() || before.ino !== found.ino) return { kind: "unreadable", errorCode: "ESTALE" };
      const sent = await git.sendFile(descriptor, Number(before.size));
      if ("error" in sent) return unreadable(sent.error);
      const blob = { mark: sent.mark };
      const after = fstatSync(descriptor, { bigint: true });
      return { kind: "sent", blob, stats: after, isSteady: signatureOf(before) === signatureOf(after) };
    } finally {
      closeSync(descriptor);
    }
  }

  *#treeLines(): Generator<TreeLine> {
    for (const [index, { root, kind, path, mode, mark, object }] of this.#files.entries()) {
      const blob = mark === undefined ? object : `:${mark}`;
      if (blob === undefined) continue;
      const gitMode = kind === "link" ? "120000" : (mode & 0o100) === 0 ? "100644" : "100755";
      // A `.git` inside a tree is refused by git when it is checked out: it gets a number for a name.
      const name = isTreePath(path, kind)
        ? Buffer.concat([Buffer.from(`${root}/`), path])
        : Buffer.from(`unusual/${index}`);
      yield { mode: gitMode, object: blob, path: name };
    }
  }
}

type SentFile =
  | {
      readonly kind: "sent";
      readonly blob: { readonly mark: number };
      readonly stats: BigIntStats;
      readonly isSteady: boolean;
    }
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** @throws if the fault is not the file's: the salvage must not pass over it. */
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

function isTreePath(path: Buffer, kind: SavedFile["kind"]): boolean {
  const names = path.toString("latin1").toLowerCase().split("/");
  return !names.includes(".git") && !(kind === "link" && names.at(-1) === modulesFileName);
}
