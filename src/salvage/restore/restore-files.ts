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
import { TrackedFiles } from "../../git/index/tracked-files.ts";
import { readObjects } from "../../git/objects/object-batch.ts";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { writeWhole } from "../../platform/atomic-file.ts";
import { fileListName, plainFileListName, repositoryName, salvageDamaged } from "../salvage-manifest.ts";
import { commandTimeoutSeconds } from "../save/save-directory.ts";
import {
  parseSavedFile,
  parseUnchangedFiles,
  type SavedFile,
  type UnchangedFiles,
} from "../save/saved-file.ts";

/** The list of a salvage's files. @throws CodedError `SALVAGE_DAMAGED` if an index that it refers to is not there. */
export async function readFileList(salvage: string, idBytes: 20 | 32): Promise<SavedFile[]> {
  const files: SavedFile[] = [];
  const path = join(salvage, fileListName);
  const input =
    readEntry(path).kind === "missing"
      ? createReadStream(join(salvage, plainFileListName))
      : createReadStream(path).pipe(createGunzip());
  const lines = createInterface({ input, crlfDelay: Infinity });
  for await (const line of lines) {
    const unchanged = line === "" ? undefined : parseUnchangedFiles(line);
    const listed = unchanged && (await readUnchangedFiles(unchanged, { salvage, idBytes }));
    const file = line === "" ? undefined : parseSavedFile(line);
    for (const each of listed ?? [file]) if (each !== undefined && isContained(each.path)) files.push(each);
  }
  return files;
}

async function readUnchangedFiles(
  { index, entries, modes }: UnchangedFiles,
  { salvage, idBytes }: { salvage: string; idBytes: 20 | 32 },
): Promise<SavedFile[]> {
  const gitDirectory = join(salvage, repositoryName);
  const chunks: Buffer[] = [];
  await readObjects({ gitDirectory, timeoutSeconds: commandTimeoutSeconds }, [index], {
    start: () => undefined,
    content: (chunk) => {
      chunks.push(chunk);
    },
    end: () => undefined,
  });
  const tracked = TrackedFiles.parse(Buffer.concat(chunks), idBytes, { mtimeMs: 0 });
  return entries.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, offset): SavedFile => {
      const file = tracked?.fileAt(first + offset);
      const mode = modes[file?.mode ?? ""];
      if (file === undefined || mode === undefined) throw salvageDamaged(salvage, `no whole index ${index}`);
      const { path, objectId: object, bytes, modifiedAtMilliseconds } = file;
      const common = { root: "work", kind: "file", path: Buffer.from(path, "latin1") } as const;
      return { ...common, mode, modifiedAtMilliseconds, object, bytes };
    }),
  );
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

/** A file of the work tree is restored to its place; everything else goes to a directory that git does not look at. */
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
  // Its checksums were right, so what git could not read was damaged when it was saved; else something else went wrong.
  if (result.kind !== "done" && result.kind !== "failed") throw new Error(describeGitFailure(result));
  if (result.kind !== "done" || next !== files.length) {
    throw salvageDamaged(gitDirectory, `only ${next} of ${files.length} files could be read`);
  }
}
