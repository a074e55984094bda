import { closeSync, constants, copyFileSync, fstatSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectFormat } from "../../git/config/repository-format.ts";
import { formatAlternates, alternatesPath } from "../../git/objects/alternates.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { formatShallow, readShallow, shallowPath } from "../../git/refs/shallow.ts";
import { describeGitFailure, type GitCommand, type GitResult } from "../../git/run/git-command.ts";
import { runGit } from "../../git/run/run-git.ts";
import { listAllNames } from "../../platform/directory.ts";
import { readEntry } from "../../platform/regular-file.ts";

/** The repository of a salvage while it is being filled. It borrows from nobody, so that it stands alone. */
export interface SalvageRepository {
  readonly gitDirectory: string;
  readonly objectFormat: ObjectFormat;
  /** Ends whatever is still being done once the salvage has taken too long. */
  readonly signal: AbortSignal;
}

/** What one git command of a salvage may take; the signal bounds them all together. */
export const commandTimeoutSeconds = 3600;

export function createSalvageRepository(
  gitDirectory: string,
  objectFormat: ObjectFormat,
  signal: AbortSignal,
): SalvageRepository {
  createBareDirectory(gitDirectory, objectFormat);
  return { gitDirectory, objectFormat, signal };
}

/** Without templates and without git: a git directory is a few files. */
export function createBareDirectory(gitDirectory: string, objectFormat: ObjectFormat): void {
  mkdirSync(join(gitDirectory, "objects", "info"), { recursive: true, mode: 0o700 });
  mkdirSync(join(gitDirectory, "objects", "pack"));
  mkdirSync(join(gitDirectory, "refs"));
  writeFileSync(headPath(gitDirectory), formatRefFile("refs/heads/main"));
  writeFileSync(join(gitDirectory, "config"), formatConfig(objectFormat, ["\tbare = true"]));
}

export function formatConfig(objectFormat: ObjectFormat, coreLines: readonly string[]): string {
  const isSha256 = objectFormat === "sha256";
  const extensions = isSha256 ? ["[extensions]", "\tobjectFormat = sha256"] : [];
  const version = `\trepositoryformatversion = ${isSha256 ? 1 : 0}`;
  return `${["[core]", version, ...coreLines, ...extensions].join("\n")}\n`;
}

/**
 * A second git directory, which borrows the slot's objects and knows none of its refs and settings. Objects are copied
 * out of it into the salvage's own repository; files never are, since a damaged object of the slot would be taken for
 * the file's content.
 */
export function createBorrowingRoom(
  room: string,
  source: { objectsDirectory: string; commonDirectory: string; objectFormat: ObjectFormat },
): void {
  createBareDirectory(room, source.objectFormat);
  writeFileSync(alternatesPath(join(room, "objects")), formatAlternates([source.objectsDirectory]));
  const shallow = readShallow(source.commonDirectory);
  const commits = shallow.kind === "valid" || shallow.kind === "damaged" ? shallow.commits : [];
  if (commits.length > 0) writeFileSync(shallowPath(room), formatShallow(commits));
}

/** True where git may be given the directory: no link in it leads elsewhere, and nothing in it can stop git for ever. */
export function isPlainObjectStore(objectsDirectory: string): boolean {
  if (readEntry(objectsDirectory).kind !== "directory") return false;
  const folders = listAllNames(objectsDirectory).map((name) => join(objectsDirectory, name));
  const isPlain = (path: string): boolean => ["directory", "file", "missing"].includes(readEntry(path).kind);
  return folders.every((folder) => {
    if (!isPlain(folder)) return false;
    return listAllNames(folder).every((name) => isPlain(join(folder, name)));
  });
}

/** Runs git for a salvage. @throws where it fails: the salvage is then incomplete. */
export async function runSalvageGit(
  command: Omit<GitCommand, "timeoutSeconds" | "signal">,
  { signal }: Pick<SalvageRepository, "signal">,
): Promise<Extract<GitResult, { kind: "done" }>> {
  const result = await runGit({ ...command, timeoutSeconds: commandTimeoutSeconds, signal });
  if (result.kind === "done") return result;
  throw new Error(`git ${command.args[0] ?? ""}: ${describeGitFailure(result)}`);
}

/** Copies a regular file of a slot; a link is not followed. False where it is none, or cannot be opened. */
export function copySlotFile(from: string, to: string): boolean {
  let descriptor;
  try {
    descriptor = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    // The snapshot of the same file tells why.
    return false;
  }
  try {
    if (!fstatSync(descriptor).isFile()) return false;
    copyFileSync(`/proc/self/fd/${descriptor}`, to, constants.COPYFILE_FICLONE);
    return true;
  } finally {
    closeSync(descriptor);
  }
}
