import { dirname, join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { holdsRecord } from "../../pool/layouts/layout.ts";
import type { BaseStore } from "../bases/base-store.ts";
import type { FileSource } from "./import-files.ts";
import type { SalvageRoom } from "./salvage-room.ts";

/** What is to be saved: a slot where it stands, or one in quarantine. */
export interface SalvageSource {
  /** The work tree. */
  readonly path: string;
  /** Nothing outside is read, except objects that git borrows from there. */
  readonly poolDirectory: string;
  readonly directories: GitDirectories | undefined;
  readonly recordPath: string;
  readonly exclude: readonly string[];
  readonly signal: AbortSignal;
  readonly room: SalvageRoom;
  /** Undefined if the salvage has to stand alone. */
  readonly bases?: BaseStore | undefined;
}

/** The directories that are saved as files, and what of them is not. */
export function listSources(source: SalvageSource, excluded: readonly Buffer[]): FileSource[] {
  const { path, recordPath, directories } = source;
  const left = new Set(excluded.map((each) => each.toString("latin1")));
  const hasOwnRepository = directories?.gitDirectory === join(path, ".git");
  const work: FileSource = {
    root: "work",
    directory: path,
    isLeftOut: (entry, kind) =>
      // What has taken the place of such a directory since is work as any other.
      (kind === "directory" && left.has(entry)) ||
      (hasOwnRepository && kind === "directory" && entry === ".git") ||
      (holdsRecord(source) && kind === "other" && entry === "slot.json"),
  };
  const record: FileSource = {
    root: "record",
    directory: dirname(recordPath),
    isLeftOut: (entry, kind) => kind === "directory" || entry !== "slot.json",
  };
  return [work, record, ...listRepositorySources(directories)];
}

/** Everything of the repository but its objects, for people: settings, hooks, logs, operations, other tools' files. */
function listRepositorySources(directories: GitDirectories | undefined): FileSource[] {
  if (directories === undefined) return [];
  const { gitDirectory, commonDirectory } = directories;
  const isObjects = (path: string, kind: string): boolean => kind === "directory" && path === "objects";
  if (commonDirectory === gitDirectory)
    return [{ root: "git", directory: gitDirectory, isLeftOut: isObjects }];
  // Git keeps no objects here. isomorphic-git does, and nobody else finds them.
  const own: FileSource = { root: "git", directory: gitDirectory };
  const isOfOthers = (path: string, kind: string): boolean =>
    isObjects(path, kind) || (kind === "directory" && path === "worktrees");
  return [own, { root: "common", directory: commonDirectory, isLeftOut: isOfOthers }];
}
