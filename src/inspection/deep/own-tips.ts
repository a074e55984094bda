import type { GitResult } from "../../git/run/git-command.ts";
import { readOtherRemotes } from "../../git/config/remotes.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listOwnAdmins } from "../../git/index/other-indexes.ts";
import { readOperationIds } from "../../git/operations.ts";
import { readObjectTypes } from "../../git/objects/object-batch.ts";
import { isNullId } from "../../git/objects/object-id.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { selectRemoteIds, selectTrackedIds, type TipSource } from "../../git/refs/remote-commits.ts";
import { listReflogs, readTips } from "../../git/refs/tips.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { listAdminDirectories, listCheckedOutBranches } from "../../git/worktrees.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Arguments of `rev-list` for the commits that one work tree has and nobody else. */
export type OwnTips =
  /** It has none. */
  | { readonly kind: "none" }
  | { readonly kind: "known"; readonly args: readonly string[]; readonly input: string }
  | { readonly kind: "unknown" };

/** A work tree, and a copy of its repository in which git answers. */
export interface TipPlace {
  readonly directories: GitDirectories;
  readonly workTree: string;
  /** What is below it goes with the slot. */
  readonly root: string;
  readonly scratch: ScratchRepository;
  readonly git: (args: readonly string[], input?: string) => Promise<GitResult>;
}

/**
 * Of a clone: whatever any ref, reflog, work tree or operation in progress leads to, except what leads to a commit that a
 * remote gave.
 */
export async function selectCloneTips(place: TipPlace): Promise<OwnTips> {
  const { directories, git, scratch } = place;
  const named = await selectTips(scratch, [
    ...readOperationIds(directories.gitDirectory),
    ...listAdminDirectories(uncachedReader, directories.commonDirectory).flatMap(readOwnIds),
  ]);
  if (named === undefined) return { kind: "unknown" };
  const source = readTipSource(place);
  const known = (given: Iterable<string>): Extract<OwnTips, { kind: "known" }> => {
    const input = [...named, ...[...given].map((id) => `^${id}`), ""].join("\n");
    return { kind: "known", args: ["--all", "--reflog", "--stdin"], input };
  };
  // Most clones have nothing that is not on a remote's branch: each other tip that a remote gave costs a look at its object.
  const beside = known(selectTrackedIds(source));
  const unpushed = await git(["rev-list", "--max-count=1", ...beside.args], beside.input);
  if (unpushed.kind === "done" && unpushed.stdout.trim() === "") return { kind: "none" };
  const given = await selectTips(scratch, selectRemoteIds(source));
  return given === undefined ? { kind: "unknown" } : known(given);
}

export function readTipSource({ directories, scratch, workTree, root }: TipPlace): TipSource {
  const copy = { gitDirectory: scratch.directory, commonDirectory: scratch.directory };
  return {
    directories,
    tips: readTips(copy, { allWorktrees: true }),
    logsOf: scratch.directory,
    remotes: readOtherRemotes(directories.commonDirectory, { workTree, root }),
    idBytes: scratch.format.idBytes,
  };
}

/** What a pool manager names the branches of its slots: none of them is anything that a remote has. */
const slotBranch = /^refs\/heads\/worktree\//;

/**
 * Worktrees share their branches, so that `--all` would count the others' work as this slot's. Its own tips are its
 * HEAD, its branch, and what the logs of both remember; a bare repository keeps what it cloned as plain branches, so
 * branches that no slot works on count as the remote's. What somebody made out of the work tree inside it is its own too.
 */
export async function selectWorktreeTips(place: TipPlace, branch: string | undefined): Promise<OwnTips> {
  const { directories, git, scratch } = place;
  const refs = await git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes"]);
  if (refs.kind !== "done") return { kind: "unknown" };
  const lines = refs.stdout.split("\n").filter((line) => line !== "");
  const named = lines.map((line) => ({
    objectId: line.slice(0, line.indexOf(" ")),
    name: line.slice(line.indexOf(" ") + 1),
  }));
  const checkedOut = listCheckedOutBranches(uncachedReader, directories.commonDirectory);
  const inUse = new Set([branch, ...checkedOut.map(({ ref }) => ref)]);
  const admins = [directories.gitDirectory, ...listOwnAdmins(directories, place.workTree)];
  const isOwn = (name: string): boolean =>
    name === branch || checkedOut.some(({ ref, admin }) => ref === name && admins.includes(admin));
  const own = named.filter(({ name }) => isOwn(name)).map(({ objectId }) => objectId);
  const others = named.filter(({ name }) => !inUse.has(name) && !slotBranch.test(name));
  const logged = await selectTips(scratch, [
    ...admins.flatMap(readOwnIds),
    ...named
      .filter(({ name }) => isOwn(name))
      .flatMap(({ name }) => readReflogIds(reflogPath(directories.commonDirectory, name))),
    ...(branch === undefined ? [] : readReflogIds(reflogPath(directories.commonDirectory, branch))),
  ]);
  const given = await selectTips(scratch, selectRemoteIds(readTipSource(place)));
  if (logged === undefined || given === undefined) return { kind: "unknown" };
  const tips = [...new Set([...own, ...logged])];
  if (tips.length === 0) return { kind: "known", args: ["--max-count=0", "--all"], input: "" };
  const known = [...others.map(({ objectId }) => objectId), ...given];
  const input = [...tips, ...known.map((id) => `^${id}`), ""].join("\n");
  return { kind: "known", args: ["--stdin"], input };
}

/**
 * What the logs and operations in the own directory of a work tree remember. Git keeps the log of HEAD there; dulwich and
 * GitPython those of branches too, which no git reads.
 */
function readOwnIds(admin: string): string[] {
  return [...listReflogs(admin).flatMap(readReflogIds), ...readOperationIds(admin)];
}

/** Where the ref was moved to, each id once. */
function readReflogIds(path: string): string[] {
  const ids = readReflog(uncachedReader, path).map(({ newId }) => newId);
  return [...new Set(ids)].filter((id) => !isNullId(id));
}

/** A log outlives the objects it names: what was pruned is nobody's work any more. Undefined if git cannot tell. */
async function selectTips(scratch: ScratchRepository, ids: Iterable<string>): Promise<string[] | undefined> {
  const { types, result } = await readObjectTypes(scratch.source, ids);
  if (result.kind !== "done") return undefined;
  return [...types].flatMap(([id, type]) => (type === "commit" || type === "tag" ? [id] : []));
}
