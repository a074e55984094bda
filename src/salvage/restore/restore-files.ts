import {
  chmodSync,
  closeSync,
  constants,
  createReadStream,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { readObjects } from "../../git/objects/object-batch.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { writeWhole } from "../../platform/atomic-file.ts";
import { fileListName, plainFileListName, salvageDamaged } from "../salvage-manifest.ts";
import { commandTimeoutSeconds } from "../save/save-directory.ts";
import { parseSavedFile, type SavedFile } from "../save/saved-file.ts";

/** The list of a salvage's files. */
export async function readFileList(salvage: string): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  const path = join(salvage, fileListName);
  const input =
    readEntry(path).kind === "missing"
      ? createReadStream(join(salvage, plainFileListName))
      : createReadStream(path).pipe(createGunzip());
  const lines = createInterface({ input, crlfDelay: Infinity });
  for await (const line of lines) {
    const file = line === "" ? undefined : parseSavedFile(line);
    if (file !== undefined && isContained(file.path)) files.push(file);
  }
  return files;
}

/** Names come from a walk, so that none of these is among them: the list is checked all the same. */
function isContained(path: Buffer): boolean {
  const names = path.toString("latin1").split("/");
  return !names.some((name) => name === "" || name === "." || name === "..");
}

/** Files first, links last: until then no path can lead through one. */
export async function writeFiles(
  files: readonly SavedFile[],
  place: { gitDirectory: string; directory: string },
): Promise<void> {
  const target = (file: SavedFile): Buffer => targetOf(file, place);
  const directories = files.filter(({ kind }) => kind === "directory");
  const roots = new Set(files.map(({ root }) => root));
  for (const root of roots) mkdirSync(join(place.gitDirectory, "salvage", root), { recursive: true });
  for (const file of directories) mkdirSync(target(file), { recursive: true });
  await writeContents(
    files.filter(({ kind }) => kind === "file"),
    target,
    place.gitDirectory,
  );
  for (const file of files)
    if (file.kind === "link" && file.target !== undefined) symlinkSync(file.target, target(file));
  for (const file of directories.reverse()) {
    chmodSync(target(file), modeOf(file));
    setTimes(file, target(file));
  }
}

/** The work tree where it was; everything else of the slot if git does not look. */
function targetOf({ root, path }: SavedFile, place: { gitDirectory: string; directory: string }): Buffer {
  const isOwnGit = root === "work" && /^\.git(?:\/|$)/i.test(path.toString("latin1"));
  const base = root === "work" && !isOwnGit ? place.directory : join(place.gitDirectory, "salvage", root);
  return Buffer.concat([Buffer.from(`${base}/`), path]);
}

/** Never set-uid; and outside the work tree, where programs of the slot lie, never executable. */
function modeOf({ root, kind, mode }: SavedFile): number {
  const permissions = mode & 0o777;
  return root === "work" || kind === "directory" ? permissions : permissions & ~0o111;
}

function setTimes({ modifiedAtMilliseconds }: SavedFile, path: Buffer): void {
  utimesSync(path, modifiedAtMilliseconds / 1000, modifiedAtMilliseconds / 1000);
}

async function writeContents(
  files: readonly SavedFile[],
  target: (file: SavedFile) => Buffer,
  gitDirectory: string,
): Promise<void> {
  const ids = files.flatMap(({ object }) => (object === undefined ? [] : [object]));
  let next = 0;
  let descriptor = -1;
  const result = await readObjects({ gitDirectory, timeoutSeconds: commandTimeoutSeconds }, ids, {
    start: () => {
      const file = files[next];
      if (file === undefined) throw new Error("git delivers more files than it was asked for");
      descriptor = openSync(
        target(file),
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      );
    },
    content: (chunk) => {
      writeWhole(descriptor, chunk);
    },
    end: () => {
      closeSync(descriptor);
      const file = files[next++];
      if (file === undefined) return;
      chmodSync(target(file), modeOf(file));
      setTimes(file, target(file));
    },
  });
  if (result.kind !== "done" || next !== files.length) {
    throw salvageDamaged(gitDirectory, `only ${next} of ${files.length} files could be read`);
  }
}
