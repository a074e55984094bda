import { closeSync, fstatSync, openSync, readFileSync, rmSync, type Stats } from "node:fs";
import { join } from "node:path";
import { modulesFileName } from "../../git/config/submodule-paths.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import { openFlags } from "../../platform/regular-file.ts";
import type { TrackedFile } from "../../git/index/tracked-files.ts";
import { FastImport, parseMarks, type CommitTree, type TreeLine } from "./fast-import.ts";
import type { SavedFile, SavedRoot, UnchangedFiles } from "./saved-file.ts";
import type { SalvageRoom } from "./salvage-room.ts";
import { SeenEntries } from "./seen-entries.ts";
import { UnchangedList } from "./unchanged-list.ts";
import {
  isSameEntry,
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
  /** The tree that it is, apart from these paths. */
  readonly start?: { readonly tree: string; readonly removed: readonly Buffer[] };
  readonly entries: readonly { readonly mode: string; readonly objectId: string; readonly path: Buffer }[];
}

/** The files of HEAD's commit, which the salvage has: of the index and the work tree only what differs is named. */
export interface HeadTree {
  readonly tree: string;
  /** Where the index differs, as bytes in latin1. */
  readonly changes: ReadonlySet<string>;
  /** All of the index. */
  readonly paths: readonly string[];
}

/** What is known of the files of the work tree without reading them. */
export interface KnownFiles {
  readonly index: Buffer;
  /** The file of the index whose content a file of such stat data has. */
  readonly findUnchanged: (path: string, stats: Stats) => TrackedFile | undefined;
  readonly head: HeadTree | undefined;
}

export interface Obstacle extends Omit<WalkedObstacle, "path"> {
  readonly path: Buffer;
  readonly root: SavedRoot;
}

export interface ImportedFiles {
  /** Apart from those that are unchanged. */
  readonly files: readonly SavedFile[];
  readonly unchanged: UnchangedFiles | undefined;
  /** How many these are, and how large. */
  readonly unchangedTotal: { readonly count: number; readonly bytes: number };
  readonly obstacles: readonly Obstacle[];
  /** Files that somebody wrote while they were read, so that what is saved may never have been there. */
  readonly changed: readonly PlacedPath[];
  /** Looks once more: what came or changed since it was saved. */
  readonly listLateChanges: () => PlacedPath[];
}

export interface PlacedPath {
  readonly root: SavedRoot;
  readonly path: Buffer;
}

export interface FileWork {
  readonly sources: readonly FileSource[];
  readonly trees: readonly ObjectTree[];
  /** Undefined if each file has to be read. */
  readonly known: KnownFiles | undefined;
  readonly createdAt: Date;
  readonly signal: AbortSignal;
  readonly room: SalvageRoom;
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
  const saver = new FileSaver(work);
  let failure: Error | undefined;
  const options = ["--quiet", "--done", "--depth=0", "--big-file-threshold=8m", `--export-marks=${marks}`];
  const command = target.mustRun(["fast-import", ...options], {
    settings,
    feed: (stdin) =>
      saver.send(new FastImport(stdin, work.signal)).catch((error: unknown) => {
        failure = asError(error);
        throw failure;
      }),
  });
  await command.catch((error: unknown) => {
    throw failure === undefined || /git ended/.test(failure.message) ? error : failure;
  });
  const saved = saver.finish(parseMarks(readFileSync(marks, "latin1")));
  rmSync(marks);
  const listLateChanges = (): PlacedPath[] => saver.findLateChanges();
  const changed = [...saver.changed, ...listLateChanges()];
  return { ...saved, obstacles: saver.obstacles, changed, listLateChanges };
}

type UnfinishedFile = SavedFile & { readonly mark?: number };

const mostAttempts = 3;

class FileSaver {
  readonly obstacles: Obstacle[] = [];
  readonly changed: PlacedPath[] = [];
  readonly #files: UnfinishedFile[] = [];
  readonly #unchanged = new UnchangedList();
  /** Files of the work tree that are as in HEAD's tree. */
  readonly #asInHead = new Set<string>();
  #indexMark: number | undefined;
  readonly #seen: { root: SavedRoot; entries: SeenEntries }[] = [];
  readonly #work: FileWork;

  constructor(work: FileWork) {
    this.#work = work;
  }

  async send(git: FastImport): Promise<void> {
    const { sources, trees, known, createdAt, signal } = this.#work;
    for (const source of sources) {
      const seen = { root: source.root, entries: new SeenEntries(source) };
      this.#seen.push(seen);
      for (const found of walkFiles(source.directory, source)) {
        signal.throwIfAborted();
        await this.#sendEntry(git, seen, found);
      }
    }
    if (this.#unchanged.count > 0 && known !== undefined) this.#indexMark = await git.sendBlob(known.index);
    const seconds = Math.floor(createdAt.getTime() / 1000);
    await git.sendCommit(filesRef, seconds, { ...this.#startOfTree(), lines: this.#treeLines() });
    for (const { ref, start, entries } of trees) {
      const lines = entries.map(({ mode, objectId, path }) => ({ mode, object: objectId, path }));
      const from = start && {
        start: [{ object: start.tree, path: Buffer.alloc(0) }],
        removed: start.removed,
      };
      await git.sendCommit(ref, seconds, { ...from, lines });
    }
    await git.sendEnd();
  }

  finish(
    objectIds: ReadonlyMap<number, string>,
  ): Pick<ImportedFiles, "files" | "unchanged" | "unchangedTotal"> {
    const objectOf = (mark: number): string => {
      const object = objectIds.get(mark);
      if (object === undefined) throw new Error("git fast-import did not say what a file became");
      return object;
    };
    const { count, bytes } = this.#unchanged;
    return {
      files: this.#files.map(({ mark, ...file }) =>
        mark === undefined ? file : { ...file, object: objectOf(mark) },
      ),
      unchanged:
        this.#indexMark === undefined ? undefined : this.#unchanged.finish(objectOf(this.#indexMark)),
      unchangedTotal: { count, bytes },
    };
  }

  /** What is not as it was when it was saved: a second look at names, sizes and times. */
  findLateChanges(): PlacedPath[] {
    const changed = this.#seen.flatMap(({ root, entries }) =>
      [...entries.listChanged()].map((path) => ({ root, path: Buffer.from(path, "latin1") })),
    );
    return changed.filter(({ path }) => !this.changed.some((known) => known.path.equals(path)));
  }

  async #sendEntry(
    git: FastImport,
    { root, entries }: { root: SavedRoot; entries: SeenEntries },
    found: WalkedEntry | WalkedObstacle,
  ): Promise<void> {
    if (!("stats" in found)) {
      this.obstacles.push({ ...found, path: Buffer.from(found.path, "latin1"), root });
      return;
    }
    entries.note(found.path, found.kind, found.stats);
    if (found.kind === "file" && root === "work" && this.#keepUnchanged(found)) return;
    const common = describeEntry(root, found);
    if (found.kind === "directory") this.#files.push({ ...common, kind: "directory" });
    else if (found.kind === "link") {
      const target = found.target ?? Buffer.alloc(0);
      this.#files.push({ ...common, kind: "link", target, mark: await git.sendBlob(target) });
    } else {
      const stats = await this.#sendFile(git, common, found);
      if (stats !== undefined) entries.note(found.path, "file", stats);
    }
  }

  /** @returns false if the file has to be read. */
  #keepUnchanged(found: WalkedEntry): boolean {
    const { path, stats } = found;
    const tracked = this.#work.known?.findUnchanged(path, stats);
    if (tracked === undefined) return false;
    const mode = permissionsOf(stats);
    const isAsInHead = tracked.mode === gitModeOf("file", mode) && isTreePath(path, "file");
    if (isAsInHead && this.#work.known?.head?.changes.has(path) === false) this.#asInHead.add(path);
    if (!this.#asInHead.has(path) || !this.#unchanged.add(tracked, mode)) {
      const { bytes, objectId: object } = tracked;
      this.#files.push({ ...describeEntry("work", found), kind: "file", bytes, object });
    }
    return true;
  }

  /**
   * Read again while somebody writes it; what stays restless is saved as it was read last, and told. @returns what the file
   * was then; undefined if it could not be read.
   */
  async #sendFile(
    git: FastImport,
    common: Omit<SavedFile, "kind">,
    { access, stats }: WalkedEntry,
  ): Promise<Stats | undefined> {
    const { root, path } = common;
    for (let attempt = 1; ; attempt++) {
      const sent = await this.#sendOpenFile(git, access, stats);
      if (sent.kind === "unreadable") {
        if (vanishedCodes.includes(sent.errorCode)) this.changed.push({ root, path });
        else this.obstacles.push({ kind: "unreadable", root, path, found: sent.errorCode });
        return undefined;
      }
      if (sent.isSteady || attempt === mostAttempts) {
        if (!sent.isSteady) this.changed.push({ root, path });
        this.#files.push({ ...common, kind: "file", bytes: sent.stats.size, ...sent.blob });
        return sent.stats;
      }
    }
  }

  async #sendOpenFile(git: FastImport, access: string | Buffer, found: Stats): Promise<FileOutcome> {
    let descriptor;
    try {
      descriptor = openSync(access, openFlags);
    } catch (error) {
      return unreadable(error);
    }
    try {
      const before = fstatSync(descriptor);
      if (!before.isFile() || before.ino !== found.ino) return { kind: "unreadable", errorCode: "ESTALE" };
      this.#work.room.take(before.size);
      const sent = await git.sendFile(descriptor, before.size);
      if ("error" in sent) return unreadable(sent.error);
      const blob = { mark: sent.mark };
      const after = fstatSync(descriptor);
      return { kind: "sent", blob, stats: after, isSteady: isSameEntry(before, after) };
    } finally {
      closeSync(descriptor);
    }
  }

  /** HEAD's tree without what is not as it says. */
  #startOfTree(): Pick<CommitTree, "start" | "removed"> {
    const head = this.#work.known?.head;
    if (head === undefined || this.#asInHead.size === 0) return {};
    const others = [...head.changes, ...head.paths].filter((path) => !this.#asInHead.has(path));
    const removed = [...new Set(others)].map((path) => Buffer.from(`work/${path}`, "latin1"));
    return { start: [{ object: head.tree, path: Buffer.from("work") }], removed };
  }

  *#treeLines(): Generator<TreeLine> {
    if (this.#indexMark !== undefined)
      yield { mode: "100644", object: `:${this.#indexMark}`, path: Buffer.from("index") };
    for (const [index, { root, kind, path, mode, mark, object }] of this.#files.entries()) {
      const blob = mark === undefined ? object : `:${mark}`;
      if (blob === undefined) continue;
      const gitMode = gitModeOf(kind, mode);
      // A `.git` inside a tree is refused by git when it is checked out: it gets a number for a name.
      const name = isTreePath(path.toString("latin1"), kind)
        ? Buffer.concat([Buffer.from(`${root}/`), path])
        : Buffer.from(`unusual/${index}`);
      yield { mode: gitMode, object: blob, path: name };
    }
  }
}

type FileOutcome =
  | {
      readonly kind: "sent";
      readonly blob: { readonly mark: number };
      readonly stats: Stats;
      readonly isSteady: boolean;
    }
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** @throws if the fault is not the file's: the salvage must not pass over it. */
function unreadable(error: unknown): Extract<FileOutcome, { kind: "unreadable" }> {
  const code = systemErrorCode(error);
  if (code === undefined || ["EMFILE", "ENFILE", "ENOMEM"].includes(code)) throw error;
  return { kind: "unreadable", errorCode: code };
}

/** The file was removed or replaced a moment ago. */
const vanishedCodes: readonly string[] = ["ENOENT", "ELOOP", "ENXIO", "ESTALE"];

function gitModeOf(kind: SavedFile["kind"], mode: number): string {
  if (kind === "link") return "120000";
  return (mode & 0o100) === 0 ? "100644" : "100755";
}

function permissionsOf({ mode }: Stats): number {
  return mode & 0o7777;
}

function describeEntry(root: SavedRoot, { path, stats }: WalkedEntry): Omit<SavedFile, "kind"> {
  return {
    root,
    path: Buffer.from(path, "latin1"),
    mode: permissionsOf(stats),
    modifiedAtMilliseconds: Math.floor(stats.mtimeMs),
  };
}

const belowGit = /(?:^|\/)\.git(?:\/|$)/i;

/** `path` has its bytes in latin1. */
function isTreePath(path: string, kind: SavedFile["kind"]): boolean {
  if (belowGit.test(path)) return false;
  return kind !== "link" || path.slice(path.lastIndexOf("/") + 1).toLowerCase() !== modulesFileName;
}
