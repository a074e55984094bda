import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CodedError } from "../../platform/coded-error.ts";
import { listFileSettings } from "../config/work-tree-settings.ts";
import { configValue, readGitConfig } from "../config/git-config.ts";
import { describeRepositoryFormat } from "../config/repository-format.ts";
import { backlinkPath, commonLink, commonLinkPath, type GitDirectories } from "../git-directory.ts";
import { completeIndexChecksum } from "../index/index-checksum.ts";
import { indexPath, isSharedIndexName } from "../index/staged-entries.ts";
import { formatRefFile, headPath, readRefLink } from "../refs/head.ts";
import { writeText } from "../../platform/write-text.ts";
import { copySlotFile, copySlotTree } from "./copy-slot-file.ts";
import { keepIndexTimes } from "./index-times.ts";
import type { ScratchFormat } from "./scratch-config.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Copies what git knows of a repository apart from its objects, settings and index. */
export function copyState({ gitDirectory, commonDirectory }: GitDirectories, scratch: string): void {
  // A repository without HEAD is broken, and its copy must not look sound.
  rmSync(join(scratch, "HEAD"));
  // Git packs a ref before it deletes the ref's own file: in this order none is missing from both.
  copySlotTree(join(commonDirectory, "refs"), join(scratch, "refs"), {}, copyRef);
  for (const name of ["packed-refs", "shallow"])
    copySlotFile(join(commonDirectory, name), join(scratch, name));
  copyRef(headPath(gitDirectory), headPath(scratch));
  copySlotTree(join(commonDirectory, "logs"), join(scratch, "logs"));
}

/** `core.preferSymlinkRefs` makes HEAD and other symbolic refs links: the copy says the same in text. */
function copyRef(from: string, to: string): void {
  const ref = readRefLink(uncachedReader, from);
  if (ref === undefined) copySlotFile(from, to);
  else writeText(to, formatRefFile(ref));
}

/**
 * Copies an index, and what a split index keeps in other files, with their times: see `keepIndexTimes`. With the size of
 * ids given, the copy has a checksum although the original may do without. @returns false if there is no index.
 */
export function copyIndexes(index: string, to: string, idBytes?: 20 | 32): boolean {
  const copy = indexPath(to);
  const isThere = copySlotFile(index, copy, { keepsTimes: true });
  if (isThere && idBytes !== undefined) completeCopy(copy, idBytes);
  // Git writes the shared part first: listed after the copy, it is among the names.
  const folder = dirname(index);
  const shared = uncachedReader.listNames(folder).filter(isSharedIndexName);
  for (const name of shared) copySlotFile(join(folder, name), join(to, name), { keepsTimes: true });
  return isThere;
}

function completeCopy(copy: string, idBytes: 20 | 32): void {
  // The slot's index may be read-only, and so is its copy.
  chmodSync(copy, 0o600);
  const times = lstatSync(copy, { bigint: true });
  if (completeIndexChecksum(copy, idBytes)) keepIndexTimes(times, copy);
}

export function worktreeCopy(scratch: string, admin: string): string {
  return join(scratch, "worktrees", basename(admin));
}

/** Copies what a worktree has of its own. */
export function addWorktreeState(admin: string, scratch: string, idBytes: 20 | 32): void {
  const copy = worktreeCopy(scratch, admin);
  mkdirSync(copy, { recursive: true });
  writeFileSync(commonLinkPath(copy), commonLink);
  copyRef(headPath(admin), headPath(copy));
  // Git takes a worktree without a gitdir for one that is to be pruned, and passes over its HEAD: so it shall if the
  // worktree was removed meanwhile.
  if (existsSync(headPath(copy))) writeFileSync(backlinkPath(copy), `${join(copy, ".git")}\n`);
  copyIndexes(indexPath(admin), copy, idBytes);
  copySlotTree(join(admin, "logs"), join(copy, "logs"));
}

/**
 * The format that a repository's configuration names; SHA-1 and whole if it cannot be read.
 * @throws CodedError `SCRATCH_UNSUPPORTED` if its refs are not files: a copy would have none, and all work seem saved.
 */
export function readFormatOf(directories: GitDirectories): ScratchFormat {
  const { commonDirectory } = directories;
  const config = readGitConfig(commonDirectory);
  if (config === undefined) return { idBytes: 20, isPartial: false };
  const storage = configValue(config, "extensions.refstorage") ?? "files";
  if (storage !== "files")
    throw new CodedError(
      "SCRATCH_UNSUPPORTED",
      `${commonDirectory} keeps its refs as ${storage}, not as files`,
    );
  return { ...describeRepositoryFormat(config), fileSettings: listFileSettings(config, directories) };
}
