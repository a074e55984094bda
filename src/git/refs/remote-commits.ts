import { lstatSync } from "node:fs";
import type { Remote } from "../config/remotes.ts";
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
  readonly remotes: readonly Remote[];
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
    for (const id of listGivenIds(entries, isOfRemote(ref, remotes), source)) ids.add(id);
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
}: Pick<TipSource, "remotes"> & { readonly tips: Pick<RepositoryTips, "refs"> }): Set<string> {
  return new Set([...tips.refs].flatMap(([ref, objectId]) => (isOfRemote(ref, remotes) ? [objectId] : [])));
}

function isOfRemote(ref: string, remotes: readonly Remote[]): boolean {
  return remotes.some(({ folders }) => folders.some((folder) => ref.startsWith(folder)));
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
    return command !== undefined && (isTracking || isFetchFrom(command, names));
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
  const clonedAt = remotes
    .map(({ name }) => readTimeOfClone(commonDirectory, name))
    .find((time) => time !== undefined);
  if (clonedAt === undefined || ids.length === 0) return [];
  const isOld = (path: string): boolean => {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    // A copy of somebody's objects may keep their old mtime, and never their ctime.
    return stats?.isFile() === true && stats.mtimeNs <= clonedAt && stats.ctimeNs <= clonedAt;
  };
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

const nanosecondsPerSecond = 1_000_000_000n;

/** When a clone had its objects, in nanoseconds; undefined if the file that tells it was written since, or copied. */
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
