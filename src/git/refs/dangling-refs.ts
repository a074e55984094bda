import { listAdminDirectories } from "../worktrees.ts";
import { fetchHeadPath } from "./fetch-head.ts";
import { packedRefsPath } from "./packed-refs.ts";
import { readReflog, reflogPath } from "./reflog.ts";
import { followRef, readLooseRef, type Ref } from "./refs.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

/**
 * True if a symbolic ref leads to a name that no ref has, which fsck calls damage, and not because git itself took that
 * ref away. HEAD is none: on a branch without a commit it is healthy.
 */
export function isDangling(
  reader: SlotReader,
  commonDirectory: string,
  { name, ref }: { readonly name: string; readonly ref: Ref },
  packed: ReadonlyMap<string, string>,
): boolean {
  if (ref.kind !== "symbolic" || followRef(reader, commonDirectory, { name, ref }, packed).kind !== "missing")
    return false;
  return !isLeftByPrune(reader, commonDirectory, name, ref.target);
}

/** The symbolic refs of that kind, as far as the refs can be read. */
export function findLeftByPrune(commonDirectory: string, names: readonly string[]): string[] {
  return names.filter((name) => {
    const ref = readLooseRef(uncachedReader, commonDirectory, name);
    return ref.kind === "symbolic" && isLeftByPrune(uncachedReader, commonDirectory, name, ref.target);
  });
}

const ofRemote = /^(refs\/remotes\/.+\/)HEAD$/s;

/**
 * `git fetch --prune` removes the branch that the remote's HEAD was on, with its reflog, and leaves `origin/HEAD`. This was
 * no prune if the branch's reflog is left, if packed-refs is lost too, if nothing was ever fetched, or if the file is younger
 * than the last line of its reflog: then something other than git wrote it.
 */
function isLeftByPrune(reader: SlotReader, commonDirectory: string, name: string, target: string): boolean {
  const folder = ofRemote.exec(name)?.[1];
  if (folder === undefined || !target.startsWith(folder)) return false;
  const isThere = (path: string): boolean => reader.readEntry(path).kind !== "missing";
  if (isThere(`${commonDirectory}/${target}`) || isThere(reflogPath(commonDirectory, target))) return false;
  if (reader.readEntry(packedRefsPath(commonDirectory)).kind !== "file") return false;
  if (!wasFetchedInto(reader, commonDirectory)) return false;
  const lastLine = readReflog(reader, reflogPath(commonDirectory, name)).at(-1);
  const loggedSeconds = Number(/ (\d+) [+-]\d{4}$/.exec(lastLine?.who ?? "")?.[1]);
  const writtenSeconds = Math.floor(
    (reader.readEntry(`${commonDirectory}/${name}`).stats?.mtimeMs ?? 0) / 1000,
  );
  return lastLine === undefined || Math.abs(writtenSeconds - loggedSeconds) <= mostSecondsApart;
}

const mostSecondsApart = 2;

/** Each fetch of git leaves a FETCH_HEAD, in the git directory of the work tree that it ran in; jj has git write none. */
function wasFetchedInto(reader: SlotReader, commonDirectory: string): boolean {
  const directories = [commonDirectory, ...listAdminDirectories(reader, commonDirectory)];
  const traces = [...directories.map(fetchHeadPath), `${commonDirectory}/refs/jj`];
  return traces.some((path) => reader.readEntry(path).kind !== "missing");
}
