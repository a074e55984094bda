import type { Dirent } from "node:fs";
import { dirname, resolve } from "node:path";
import { isFanOutFolder } from "./objects/loose-object.ts";
import { foldersOfOperations, operationFiles, operationHeads } from "./operations.ts";
import { readLooseRef } from "./refs/refs.ts";
import { listSpecialFiles, storeFolders } from "./special-files.ts";
import type { SlotReader } from "../platform/slot-reader.ts";

/** Something else in the place of a file or directory of git's own. */
export interface Obstacle {
  readonly path: string;
  readonly expected: "a file" | "a directory" | "a ref" | "object ids";
  readonly found: string;
}

/**
 * Files that git opens by itself while it commits, fetches or shows its state, apart from those whose content is judged. A
 * directory in the place of one stops git, and a FIFO makes it wait indefinitely.
 */
const ownFiles: Readonly<Record<string, readonly string[]>> = {
  "": [...operationFiles, "COMMIT_EDITMSG", "FETCH_HEAD", "ORIG_HEAD"],
  info: ["attributes", "exclude", "grafts", "sparse-checkout"],
};
/** Those of them that work trees share: the others of a repository are of its own work tree alone, if it has one. */
const sharedFiles: typeof ownFiles = { "": ["FETCH_HEAD"], info: ["attributes", "exclude", "grafts"] };
const ownDirectories = ["logs"];
/** Git reads these wherever they are named. */
const headsOfOperations: readonly string[] = operationHeads;
/**
 * Refs beside HEAD that git cannot replace or remove if they hold anything else: merge, pull and am end on the first, cherry-pick
 * on the second, revert on the third if there is a conflict, and bisect on the last. Source: git 2.39, each was tried.
 */
const refsOfOperations: readonly string[] = ["ORIG_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_HEAD"];
const maxHeadBytes = 64 * 1024;

/** The limit of one search. */
const mostLogs = 20_000;

/** Directories that only hold reflogs: a ref cannot have their name. */
const folderOfLogs = /^refs(?:\/(?:heads|tags|remotes(?:\/[^/]+)?))?$/;

/** Whether a ref of that name is there, which then has a reflog. */
export type HasRef = (name: string) => boolean;

/**
 * Reads directories alone, and follows a link only to see what kind of thing is at its end. `isShared`: only what stops git in
 * the linked work trees of a repository.
 */
export function listObstacles(
  reader: SlotReader,
  gitDirectory: string,
  { hasRef, isShared = false }: { readonly hasRef: HasRef; readonly isShared?: boolean },
): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const note = (path: string, expected: Obstacle["expected"], entry: Dirent): void => {
    const found = describe(reader, path, entry);
    const isHead = headsOfOperations.includes(entry.name);
    if (found !== expected && (found !== "nothing" || isHead)) obstacles.push({ path, expected, found });
    else if (entry.name === "MERGE_HEAD" && !namesCommits(reader, path, hasRef))
      obstacles.push({ path, expected: "object ids", found: "other text" });
    else if (refsOfOperations.includes(entry.name) && entry.isFile()) {
      const ref = readLooseRef(reader, gitDirectory, entry.name);
      if (ref.kind === "invalid") obstacles.push({ path, expected: "a ref", found: ref.found });
    }
  };
  for (const [folder, names] of Object.entries(isShared ? sharedFiles : ownFiles)) {
    const path = folder === "" ? gitDirectory : `${gitDirectory}/${folder}`;
    for (const entry of reader.listEntries(path)) {
      const isDirectory = folder === "" && ownDirectories.includes(entry.name);
      if (isDirectory || names.includes(entry.name))
        note(`${path}/${entry.name}`, isDirectory ? "a directory" : "a file", entry);
    }
  }
  return [
    ...obstacles,
    ...(isShared ? [] : listStateObstacles(reader, gitDirectory)),
    ...listStoreObstacles(reader, `${gitDirectory}/objects`),
    ...listLogObstacles(reader, gitDirectory, hasRef),
  ];
}

/** What git keeps of a rebase or of picks is files and folders of them, under names that each version adds to. */
function listStateObstacles(reader: SlotReader, gitDirectory: string): Obstacle[] {
  return foldersOfOperations.flatMap((folder) =>
    reader.listEntries(`${gitDirectory}/${folder}`).flatMap((entry): Obstacle[] => {
      const path = `${gitDirectory}/${folder}/${entry.name}`;
      const found = describe(reader, path, entry);
      const isHarmless = ["a file", "a directory", "nothing"].includes(found);
      return isHarmless ? [] : [{ path, expected: "a file", found }];
    }),
  );
}

/**
 * Git does not end a merge whose MERGE_HEAD has text that names nothing; an empty one it takes for no merge. As soon as it
 * names anything, it is somebody's merge, whatever form the file has: git reads it without a last newline, with capitals,
 * and by abbreviated ids and names.
 */
function namesCommits(reader: SlotReader, path: string, hasRef: HasRef): boolean {
  const reading = reader.readRegularFile(path, { maxBytes: maxHeadBytes });
  if (reading.kind !== "content") return reading.kind !== "not_a_file" && reading.kind !== "too_large";
  if (reading.content.length === 0) return true;
  const words = reading.content
    .toString("latin1")
    .split(/[\s\0]+/)
    .filter((word) => word !== "");
  return words.some(
    (word) => /^[0-9a-f]{4,64}$/i.test(word) || placesOfNames.some((folder) => hasRef(`${folder}${word}`)),
  );
}

/** Where git looks for a ref that is named in short. Source: gitrevisions(7). */
const placesOfNames = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"];

/** Files whose content is judged: packs and their indexes, alternates, commit-graphs and multi-pack-indexes. */
const judgedInStore = /\/(?:alternates|commit-graph|multi-pack-index|[^/]+\.(?:pack|idx|graph|midx))$/;

/**
 * Git opens whatever lies beside a pack under its name, and lists of files; it makes all of that again. In the place of a
 * folder of loose objects anything else stops a command that writes there, one of 256; in the place of `info` it stops fsck.
 */
function listStoreObstacles(reader: SlotReader, objectsDirectory: string): Obstacle[] {
  const ofFolders = reader.listEntries(objectsDirectory).flatMap((entry): Obstacle[] => {
    if (entry.isDirectory() || !(isFanOutFolder(entry.name) || entry.name === "info")) return [];
    const path = `${objectsDirectory}/${entry.name}`;
    const found = describe(reader, path, entry);
    return found === "a directory" ? [] : [{ path, expected: "a directory", found }];
  });
  const ofFiles = storeFolders
    .flatMap((folder) => listSpecialFiles(reader, `${objectsDirectory}/${folder}`))
    .filter((path) => !judgedInStore.test(path))
    .map((path): Obstacle => ({ path, expected: "a file", found: "a special file" }));
  return [...ofFolders, ...ofFiles];
}

/** A folder of reflogs is in the way only of a ref that is named like it, and an empty one git removes. */
function listLogObstacles(reader: SlotReader, gitDirectory: string, hasRef: HasRef): Obstacle[] {
  const obstacles: Obstacle[] = [];
  const logs = `${gitDirectory}/logs`;
  const pending = [""];
  let seen = 0;
  for (let folder = pending.pop(); folder !== undefined && seen < mostLogs; folder = pending.pop()) {
    const entries = reader.listEntries(folder === "" ? logs : `${logs}/${folder}`);
    seen += entries.length;
    if (folder === "HEAD" || (entries.length > 0 && hasRef(folder)))
      obstacles.push({ path: `${logs}/${folder}`, expected: "a file", found: "a directory" });
    for (const entry of entries) {
      const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else obstacles.push(...judgeLog(reader, entry, { name, path: `${logs}/${name}`, hasRef }));
    }
  }
  return obstacles;
}

/** What stands in the way of a reflog. `name` is the ref whose changes the reflog would record. */
function judgeLog(
  reader: SlotReader,
  entry: Dirent,
  { name, path, hasRef }: { name: string; path: string; hasRef: HasRef },
): Obstacle[] {
  if (entry.isFile())
    return folderOfLogs.test(name) && !hasRef(name)
      ? [{ path, expected: "a directory", found: "a file" }]
      : [];
  const found = describe(reader, path, entry);
  // A link may lead to a folder of reflogs too.
  const isFolder = found === "a directory" && name !== "HEAD" && !hasRef(name);
  return found === "a file" || found === "nothing" || isFolder ? [] : [{ path, expected: "a file", found }];
}

/** A link to nothing is no obstacle if git can make the file that it names. */
function describe(reader: SlotReader, path: string, entry: Dirent): string {
  if (entry.isFile()) return "a file";
  if (entry.isDirectory()) return "a directory";
  if (!entry.isSymbolicLink()) return "a special file";
  const end = reader.readLinkEnd(path);
  if (end.kind === "missing") return isFreePlace(reader, path) ? "nothing" : "a link to no file";
  if (end.kind === "unreadable") return end.errorCode === "ELOOP" ? "a link to itself" : "nothing";
  return end.kind === "file" || end.kind === "directory" ? `a ${end.kind}` : "a link to no file";
}

function isFreePlace(reader: SlotReader, link: string): boolean {
  const target = reader.readLink(link);
  return (
    target === undefined || reader.readLinkEnd(dirname(resolve(dirname(link), target))).kind === "directory"
  );
}
