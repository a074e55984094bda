import { relative } from "node:path";
import type { GitDirectories } from "../git-directory.ts";
import { isNullId } from "../objects/object-id.ts";
import { readOperationIds } from "../operations.ts";
import { listAdminDirectories } from "../worktrees.ts";
import { isRefName, readHead, type Head } from "./head.ts";
import { readPackedRefMap, readSoundPackedRefs } from "./packed-refs.ts";
import { readLoggedIds, readReflog, reflogPath, type ReflogEntry } from "./reflog.ts";
import { listLooseRefs, readLooseRef, resolveRef } from "./refs.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** What HEAD says. */
export interface HeadTip {
  /** The full name of the branch that HEAD is on. */
  readonly ref: string | undefined;
  readonly commit: string | undefined;
}

/** Read from files, without git; what cannot be read is undefined. */
export function readHeadTip(gitDirectory: string): HeadTip {
  const head = readHead(uncachedReader, gitDirectory);
  if (head.kind === "detached") return { ref: undefined, commit: head.commit };
  if (head.kind !== "branch") return { ref: undefined, commit: undefined };
  const ref = resolveRef(uncachedReader, gitDirectory, head.ref, readPackedRefMap(gitDirectory));
  return { ref: head.ref, commit: ref.kind === "commit" ? ref.objectId : undefined };
}

/** Everything that a repository's own files say it holds: where `git fsck` would begin its walk. */
export interface RepositoryTips {
  /** Object id by the full name of the ref: those that all work trees share, and the own ones of a linked work tree. */
  readonly refs: ReadonlyMap<string, string>;
  /** The commit of a detached HEAD. */
  readonly head: string | undefined;
  /** By the path of the reflog. */
  readonly reflogs: ReadonlyMap<string, readonly ReflogEntry[]>;
}

/** `allWorktrees`: with the reflogs of every linked work tree's HEAD, not of this one's alone. */
export interface TipsOptions {
  readonly allWorktrees?: boolean;
}

/** The refs that name an object, by their names; symbolic ones are left out: they follow the ref that they name. */
export interface RefFiles {
  /** As long as the file is the same, so is the map. */
  readonly packed: ReadonlyMap<string, string>;
  /** They outrank the packed ones. */
  readonly loose: ReadonlyMap<string, string>;
}

export function readRefFiles(commonDirectory: string): RefFiles {
  const loose = new Map<string, string>();
  for (const name of listLooseRefs(uncachedReader, commonDirectory)) {
    const ref = readLooseRef(uncachedReader, commonDirectory, name);
    if (ref.kind === "commit") loose.set(name, ref.objectId);
  }
  return { packed: readSoundPackedRefs(commonDirectory).refs, loose };
}

export function joinRefs({ packed, loose }: RefFiles): Map<string, string> {
  const refs = new Map(packed);
  for (const [name, objectId] of loose) refs.set(name, objectId);
  return refs;
}

/** Every ref that names an object, packed or loose. */
export function readRefIds(commonDirectory: string): Map<string, string> {
  return joinRefs(readRefFiles(commonDirectory));
}

/**
 * The refs that a linked work tree has for itself, such as those of a bisection, by the names that other work trees know them
 * by, which are paths in the common directory: `worktrees/NAME/refs/bisect/bad`. Source: git-worktree(1). Empty for any other
 * git directory: its own refs are among the shared ones.
 */
function readOwnRefs({ gitDirectory, commonDirectory }: GitDirectories): Map<string, string> {
  if (gitDirectory === commonDirectory) return new Map();
  const place = relative(commonDirectory, gitDirectory);
  const { loose } = readRefFiles(gitDirectory);
  return new Map([...loose].map(([name, objectId]) => [`${place}/${name}`, objectId]));
}

/** The reflog of a ref by the name that it has among the tips. */
export function reflogOfTip({ gitDirectory, commonDirectory }: GitDirectories, name: string): string {
  const place = `${relative(commonDirectory, gitDirectory)}/`;
  return name.startsWith(place)
    ? reflogPath(gitDirectory, name.slice(place.length))
    : reflogPath(commonDirectory, name);
}

export function readTips(
  { gitDirectory, commonDirectory }: GitDirectories,
  { allWorktrees = false }: TipsOptions = {},
): RepositoryTips {
  const head = readHead(uncachedReader, gitDirectory);
  const worktrees = allWorktrees ? listAdminDirectories(uncachedReader, commonDirectory) : [];
  const own = [...new Set([gitDirectory, ...worktrees])];
  const logs = [
    ...[...new Set([commonDirectory, ...own])].flatMap((directory) =>
      listLooseRefs(uncachedReader, directory, "logs/refs").map((name) => `${directory}/${name}`),
    ),
    ...own.map((directory) => reflogPath(directory, "HEAD")),
  ];
  return {
    refs: new Map([...readRefIds(commonDirectory), ...readOwnRefs({ gitDirectory, commonDirectory })]),
    head: head.kind === "detached" ? head.commit : undefined,
    reflogs: new Map(logs.map((path) => [path, readReflog(uncachedReader, path)])),
  };
}

/** The reflogs in one git directory, of HEAD and of refs. */
export function listReflogs(directory: string): string[] {
  return listLooseRefs(uncachedReader, directory, "logs").map((name) => `${directory}/${name}`);
}

/** Each object id once. */
export function listTipIds({ refs, head, reflogs }: RepositoryTips): string[] {
  const logged = [...reflogs.values()].flat().flatMap(({ oldId, newId }) => [oldId, newId]);
  const ofHead = head === undefined ? [] : [head];
  return [...new Set([...refs.values(), ...ofHead, ...logged])].filter((id) => !isNullId(id));
}

export interface NamedTip {
  readonly name: string;
  readonly objectId: string;
}

/** A stash, newest first, as `git stash list` counts them. */
export interface Stash {
  readonly objectId: string;
  readonly message: string;
}

/** Every name by which a work tree and its repository know objects, as far as it can be read. */
export interface WorkTips {
  /** The branch that HEAD is on; if HEAD cannot be read, the last one in its reflog. */
  readonly branch: string | undefined;
  readonly commit: string | undefined;
  /** Those that all work trees share, and the private ones of this one. */
  readonly refs: readonly NamedTip[];
  readonly stashes: readonly Stash[];
  /** From reflogs and operations in progress, of every work tree. */
  readonly otherIds: ReadonlySet<string>;
  /** Files that could not be read: then the refs may be incomplete. */
  readonly faults: readonly string[];
}

/** Reads everything that may lead to work: of damaged files, every line that is valid. */
export function readWorkTips({ gitDirectory, commonDirectory }: GitDirectories): WorkTips {
  const { refs, faults } = readAllRefs({ gitDirectory, commonDirectory });
  const otherIds = new Set<string>();
  const directories = new Set([
    gitDirectory,
    commonDirectory,
    ...listAdminDirectories(uncachedReader, commonDirectory),
  ]);
  for (const directory of directories) {
    for (const id of readOperationIds(directory)) otherIds.add(id);
    for (const path of listReflogs(directory)) for (const id of readLoggedIds(path)) otherIds.add(id);
  }
  const head = readHead(uncachedReader, gitDirectory);
  return {
    ...findPosition(head, readReflog(uncachedReader, reflogPath(gitDirectory, "HEAD")), refs),
    refs: [...refs].map(([name, objectId]) => ({ name, objectId })),
    stashes: listStashes(
      readReflog(uncachedReader, reflogPath(commonDirectory, "refs/stash")),
      refs.get("refs/stash"),
    ),
    otherIds,
    faults: head.kind === "branch" || head.kind === "detached" ? faults : [...faults, "HEAD"],
  };
}

function readAllRefs({ gitDirectory, commonDirectory }: GitDirectories): {
  refs: Map<string, string>;
  faults: string[];
} {
  const packed = readSoundPackedRefs(commonDirectory);
  const refs = new Map(packed.refs);
  const faults = packed.isWhole ? [] : ["packed-refs"];
  if (!uncachedReader.isDirectory(`${commonDirectory}/refs`)) faults.push("refs");
  for (const directory of new Set([commonDirectory, gitDirectory])) {
    for (const name of listLooseRefs(uncachedReader, directory)) {
      const ref = readLooseRef(uncachedReader, directory, name);
      if (ref.kind === "commit" && isRefName(name)) refs.set(name, ref.objectId);
      else if (ref.kind !== "symbolic") faults.push(name);
    }
  }
  return { refs, faults };
}

/** Pure: where the work was, from HEAD, else from the last entry of its reflog. */
function findPosition(
  head: Head,
  log: readonly ReflogEntry[],
  refs: ReadonlyMap<string, string>,
): Pick<WorkTips, "branch" | "commit"> {
  const lastCommit = log.at(-1)?.newId;
  if (head.kind === "detached") return { branch: undefined, commit: head.commit };
  if (head.kind === "branch") return { branch: head.ref, commit: refs.get(head.ref) ?? lastCommit };
  const checkout = log.findLast(({ message }) => message.startsWith("checkout: moving from "));
  const name = `refs/heads/${checkout?.message.split(" ").at(-1) ?? ""}`;
  return { branch: refs.has(name) ? name : undefined, commit: lastCommit };
}

/** Pure: the entries of the stash's reflog, and its tip if that is not among them. */
function listStashes(log: readonly ReflogEntry[], tip: string | undefined): Stash[] {
  const stashes = log.map(({ newId, message }) => ({ objectId: newId, message })).reverse();
  const isListed = tip === undefined || stashes.some(({ objectId }) => objectId === tip);
  return isListed ? stashes : [{ objectId: tip, message: "stash" }, ...stashes];
}
