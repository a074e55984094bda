import { lstatSync } from "node:fs";
import type { OtherRemote } from "../config/remotes.ts";
import type { GitDirectories } from "../git-directory.ts";
import { looseObjectPath } from "../objects/loose-object.ts";
import { isNullId } from "../objects/object-id.ts";
import { PackIndex } from "../packs/pack-index.ts";
import { listPackBases } from "../packs/pack-names.ts";
import { readFetchHead, shownUrl } from "./fetch-head.ts";
import { logsDirectory, readReflog, reflogPath, type ReflogEntry } from "./reflog.ts";
import { listTipIds, type RepositoryTips } from "./tips.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** What is known of a repository: its files, the tips that were read of them, and its remotes. */
export interface TipSource {
  readonly directories: GitDirectories;
  readonly tips: RepositoryTips;
  /** Where the reflogs among the tips were read. */
  readonly logsOf: string;
  readonly remotes: readonly OtherRemote[];
  readonly idBytes: 20 | 32;
}

/**
 * The tips that came from a remote, even if it no longer has them after a force push or the removal of a branch or tag.
 * Git's own records alone prove it: a tracking ref, a reflog's line of a fetch or a clone, FETCH_HEAD, and an
 * object file that is as old as the clone. A push proves nothing: what was pushed was made here.
 */
export function selectRemoteIds(source: TipSource): Set<string> {
  const { directories, tips, remotes } = source;
  const ids = selectTrackedIds(source);
  for (const [path, entries] of tips.reflogs) {
    const ref = path.slice(logsDirectory(source.logsOf).length + 1);
    for (const id of listGivenIds(entries, findRemote(ref, remotes) !== undefined, source)) ids.add(id);
  }
  const urls = new Set(remotes.flatMap((remote) => remote.urls.map(shownUrl)));
  for (const { objectId, url } of readFetchHead(directories.gitDirectory))
    if (urls.has(url)) ids.add(objectId);
  const unknown = listTipIds(tips).filter((id) => !ids.has(id));
  for (const id of selectCloned(unknown, source)) ids.add(id);
  return ids;
}

/** Those of tracking refs alone. */
export function selectTrackedIds({
  tips,
  remotes,
  logsOf,
}: Omit<TipSource, "directories" | "idBytes">): Set<string> {
  return selectIdsOfRefs(tips.refs, remotes, (ref) => tips.reflogs.get(reflogPath(logsOf, ref))?.at(-1));
}

/** The same of refs whose logs are read by `lastMoveOf`: the last line of each. */
export function selectIdsOfRefs(
  refs: Iterable<readonly [ref: string, objectId: string]>,
  remotes: readonly OtherRemote[],
  lastMoveOf: (ref: string) => ReflogEntry | undefined,
): Set<string> {
  const ids = new Set<string>();
  for (const [ref, objectId] of refs) {
    const remote = findRemote(ref, remotes);
    if (remote === undefined) continue;
    const move = lastMoveOf(ref);
    // Not every program writes a log: what it says counts only if it is about what the ref names now.
    if (move?.newId !== objectId || isOfTransfer(move, remote, remotes)) ids.add(objectId);
  }
  return ids;
}

function findRemote(ref: string, remotes: readonly OtherRemote[]): OtherRemote | undefined {
  return remotes.find(({ folders }) => folders.some((folder) => ref.startsWith(folder)));
}

/** How programs begin the line of a tracking ref's log when they fetch, clone, or rename a remote. */
const transfer = /^(?:fetch|pull|clone|remote)\b/;
const endOfTransfer = /: (?:storing (?:head|ref|tag)|updating tag|fast-forward|forced-update|created)$/;

/**
 * False if the line says that a person or a program moved the tracking ref by itself, as `git update-ref` and
 * `git filter-branch -- --all` do, or that it came from elsewhere than a remote, as after `git fetch . main:refs/remotes/…`.
 */
function isOfTransfer(
  { message }: ReflogEntry,
  { isPushedElsewhere }: OtherRemote,
  remotes: readonly OtherRemote[],
): boolean {
  if (/^(?:push|update by push)\b/.test(message)) return isPushedElsewhere;
  const command = message.replace(endOfTransfer, "");
  const isKnown = command !== message || transfer.test(command);
  return isKnown && isTransfer(command, remotes);
}

/** A program may name itself in the place of git's command: it is believed. */
function isTransfer(command: string, remotes: readonly OtherRemote[]): boolean {
  const words = /^(?:fetch|pull)\b:?(.*)$/s.exec(command)?.[1];
  return words === undefined || isOfRemoteCommand(words, remotes);
}

/** `[options] [remote [refspecs]]`; a word behind an option may be its value. */
function isOfRemoteCommand(command: string, remotes: readonly OtherRemote[]): boolean {
  const all = command.split(" ").filter((word) => word !== "");
  const words = all.filter((word) => !word.startsWith("-"));
  const mayBeValue = (word: string): boolean => all[all.indexOf(word) - 1]?.startsWith("-") === true;
  if (words.every((word) => mayBeValue(word) && !/^\.{0,2}(?:\/|$)/.test(word))) return true;
  const isOfNetwork = (word: string): boolean =>
    /^(?!file:)[a-z][a-z0-9+.-]*:\/\/|^[^/:]+@[^/:]+:/i.test(word);
  const isKnown = (word: string): boolean =>
    remotes.some(({ name, urls }) => name === word || urls.includes(word));
  return words.some((word) => isKnown(word) || isOfNetwork(word));
}

/** How git ends the message of a ref that a fetch wrote. */
const fetched = /^(.*): (?:storing (?:head|ref|tag)|updating tag|fast-forward|forced-update)$/s;

function listGivenIds(
  entries: readonly ReflogEntry[],
  isTracking: boolean,
  { remotes, logsOf, tips }: TipSource,
): string[] {
  const names = new Set(remotes.map(({ name }) => name));
  const given = entries.filter(({ message }) => {
    if (message.startsWith("clone: from ")) return true;
    const branch = /^branch: Created from (refs\/remotes\/.+)$/s.exec(message)?.[1];
    if (branch !== undefined) return remotes.some(({ name }) => branch.startsWith(`refs/remotes/${name}/`));
    const command = fetched.exec(message)?.[1];
    if (command === undefined) return false;
    return isTracking ? isTransfer(command, remotes) : isFetchFrom(command, names);
  });
  const [first] = entries;
  // Before its first line, a tracking ref was what the clone made it.
  const [oldest] = tips.reflogs.get(reflogPath(logsOf, "HEAD")) ?? [];
  const isLogWhole = oldest?.message.startsWith("clone: from ") === true;
  const isOfClone = isTracking && isLogWhole && first !== undefined && first === given[0];
  return [...given.map(({ newId }) => newId), ...(isOfClone ? [first.oldId] : [])].filter(
    (id) => !isNullId(id),
  );
}

/** `git fetch [options] [remote [refspecs]]`: the first word that is no option is the remote. */
function isFetchFrom(command: string, names: ReadonlySet<string>): boolean {
  const [action = "", ...words] = command.split(" ");
  const repository = words.find((word) => !word.startsWith("-"));
  return ["fetch", "pull"].includes(action) && repository !== undefined && names.has(repository);
}

/**
 * Those of the objects that came with the clone: their file is not younger than the log that the clone wrote when it had
 * its objects. A file that git writes later, even of the same objects, has a later time.
 */
function selectCloned(ids: readonly string[], { directories, remotes, idBytes }: TipSource): string[] {
  const { commonDirectory } = directories;
  const clonedAt = findTimeOfClone(commonDirectory, remotes);
  if (clonedAt === undefined || ids.length === 0) return [];
  const isOld = (path: string): boolean => isWrittenBefore(path, clonedAt);
  const objects = `${commonDirectory}/objects`;
  const packs = listPackBases(uncachedReader.listAllNames(`${objects}/pack`))
    .map((name) => `${objects}/pack/${name}`)
    .filter((base) => isOld(`${base}.pack`) && isOld(`${base}.idx`))
    .map((base) => new PackIndex(`${base}.idx`, idBytes));
  return ids.filter(
    (id) =>
      packs.some((pack) => pack.find(uncachedReader, Buffer.from(id, "hex")) !== undefined) ||
      isOld(looseObjectPath(objects, id)),
  );
}

/** A copy of somebody's objects may keep their old mtime, and never their ctime. `time` is in nanoseconds. */
export function isWrittenBefore(path: string, time: bigint): boolean {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true && stats.mtimeNs <= time && stats.ctimeNs <= time;
}

/** When a clone had its objects, in nanoseconds; undefined if that is not known. */
export function findTimeOfClone(
  commonDirectory: string,
  remotes: readonly Pick<OtherRemote, "name">[],
): bigint | undefined {
  return remotes.map(({ name }) => readTimeOfClone(commonDirectory, name)).find((time) => time !== undefined);
}

const nanosecondsPerSecond = 1_000_000_000n;

/** Undefined if the file that tells it was written since, or copied. */
function readTimeOfClone(commonDirectory: string, remote: string): bigint | undefined {
  const path = reflogPath(commonDirectory, `refs/remotes/${remote}/HEAD`);
  const [entry, second] = readReflog(uncachedReader, path);
  if (entry?.message.startsWith("clone: from ") !== true || second !== undefined) return undefined;
  const written = lstatSync(path, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
  const seconds = / (\d+) [+-]\d{4}$/.exec(entry.who)?.[1];
  if (written === undefined || seconds === undefined) return undefined;
  // A time without its fraction was cut by a copy, and what an agent made in the rest of that second has the same.
  if (written % nanosecondsPerSecond === 0n) return undefined;
  const lateSeconds = written / nanosecondsPerSecond - BigInt(seconds);
  return lateSeconds === 0n || lateSeconds === 1n ? written : undefined;
}
