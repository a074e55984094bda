import { chmodSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { configValue, parseConfigBoolean, readGitConfig, type GitConfig } from "../config/git-config.ts";

/** What `core.sharedRepository` does to the rights of git's files. */
export interface SharedRights {
  /** Bits of a file's mode. */
  readonly bits: number;
  /** They replace those of the umask, to which they are added otherwise. */
  readonly isExact: boolean;
}

const ofGroup: SharedRights = { bits: 0o660, isExact: false };
const ofEverybody: SharedRights = { bits: 0o664, isExact: false };
const named: Readonly<Record<string, SharedRights | undefined>> = {
  umask: undefined,
  group: ofGroup,
  all: ofEverybody,
  world: ofEverybody,
  everybody: ofEverybody,
};
const setGroupId = 0o2000;

/** Undefined if the rights are those of the umask alone. Source: git_config_perm of git's setup.c. */
export function parseSharedRights(config: GitConfig): SharedRights | undefined {
  const value = configValue(config, "core.sharedrepository");
  if (value === undefined || value in named) return named[value ?? "umask"];
  if (!/^[0-7]+$/.test(value)) return parseConfigBoolean(value) === true ? ofGroup : undefined;
  const number = Number.parseInt(value, 8);
  if (number <= 2) return [undefined, ofGroup, ofEverybody][number];
  // Git refuses rights that keep the owner out.
  return (number & 0o600) === 0o600 ? { bits: number & 0o666, isExact: true } : undefined;
}

/** Those of the repository at `commonDirectory`; undefined too if its configuration cannot be read. */
export function readSharedRights(commonDirectory: string): SharedRights | undefined {
  const config = readGitConfig(commonDirectory);
  return config === undefined ? undefined : parseSharedRights(config);
}

/**
 * Gives a new file or directory in a repository the permissions that git would have given it: a read-only file stays so, and
 * a directory passes on its group. Source: adjust_shared_perm of git's path.c.
 */
export function shareEntry(path: string, rights: SharedRights | undefined): void {
  const stats = rights === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  if (rights === undefined || stats === undefined || (!stats.isFile() && !stats.isDirectory())) return;
  const mode = stats.mode & 0o7777;
  let bits = (mode & 0o200) === 0 ? rights.bits & ~0o222 : rights.bits;
  if ((mode & 0o100) !== 0) bits |= (bits & 0o444) >> 2;
  let shared = (rights.isExact ? mode & ~0o777 : mode) | bits;
  if (stats.isDirectory() && (shared & 0o060) !== 0) shared |= setGroupId;
  if (shared !== mode) changeMode(path, shared);
}

/** What another user of the group made is not ours to change, and git at work removes files at any moment. */
function changeMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    if (!["EPERM", "ENOENT"].includes(systemErrorCode(error) ?? "")) throw error;
  }
}

/** What was made in a repository beside its objects, which are shared as they come. */
export function shareState(commonDirectory: string): void {
  const rights = readSharedRights(commonDirectory);
  if (rights === undefined) return;
  for (const name of uncachedReader.listNames(commonDirectory))
    if (name !== "objects") shareTree(join(commonDirectory, name), rights);
}

/** A file, or a directory with everything in it; no link is followed. */
export function shareTree(path: string, rights: SharedRights | undefined): void {
  if (rights === undefined) return;
  shareEntry(path, rights);
  if (!uncachedReader.isDirectory(path)) return;
  for (const name of uncachedReader.listNames(path)) shareTree(join(path, name), rights);
}
