import type { GitResult } from "../../git/run/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readHead } from "../../git/refs/head.ts";
import { isNullId } from "../../git/objects/object-id.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { listCheckedOutBranches } from "../../git/worktrees.ts";

/** Arguments of `rev-list` for the commits that one worktree has and nobody else. */
export type OwnTips =
  | { readonly kind: "known"; readonly args: readonly string[]; readonly input: string }
  | { readonly kind: "unknown" };

/** What a pool manager names the branches of its slots: none of them is anything that a remote has. */
const slotBranch = /^refs\/heads\/worktree\//;

/**
 * Worktrees share their branches, so that `--all` would count the others' work as this slot's. Its own tips are its
 * HEAD, its branch, and what the logs of both remember; a bare repository keeps what it cloned as plain branches, so
 * branches that no slot works on count as the remote's.
 */
export async function selectOwnTips(
  git: (args: readonly string[], input?: string) => Promise<GitResult>,
  directories: GitDirectories,
  branch: string | undefined,
): Promise<OwnTips> {
  const refs = await git(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes"]);
  if (refs.kind !== "done") return { kind: "unknown" };
  const lines = refs.stdout.split("\n").filter((line) => line !== "");
  const named = lines.map((line) => ({
    objectId: line.slice(0, line.indexOf(" ")),
    name: line.slice(line.indexOf(" ") + 1),
  }));
  const inUse = new Set([
    branch,
    ...listCheckedOutBranches(directories.commonDirectory).map(({ ref }) => ref),
  ]);
  const own = named.filter(({ name }) => name === branch).map(({ objectId }) => objectId);
  const others = named.filter(({ name }) => !inUse.has(name) && !slotBranch.test(name));
  const head = readHead(directories.gitDirectory);
  const detached = head.kind === "detached" ? [head.commit] : [];
  const logged = await selectPresent(git, [
    ...readReflogIds(reflogPath(directories.gitDirectory, "HEAD")),
    ...(branch === undefined ? [] : readReflogIds(reflogPath(directories.commonDirectory, branch))),
  ]);
  if (logged === undefined) return { kind: "unknown" };
  const tips = [...new Set([...own, ...detached, ...logged])];
  if (tips.length === 0) return { kind: "known", args: ["--max-count=0", "--all"], input: "" };
  const input = [...tips, ...others.map(({ objectId }) => `^${objectId}`), ""].join("\n");
  return { kind: "known", args: ["--stdin"], input };
}

/** Where the ref was moved to, each id once. */
function readReflogIds(path: string): string[] {
  const ids = readReflog(path).map(({ newId }) => newId);
  return [...new Set(ids)].filter((id) => !isNullId(id));
}

/** A log outlives the objects it names: what was pruned is nobody's work any more. Undefined where git cannot tell. */
async function selectPresent(
  git: (args: readonly string[], input?: string) => Promise<GitResult>,
  ids: readonly string[],
): Promise<string[] | undefined> {
  if (ids.length === 0) return [];
  const check = await git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], `${ids.join("\n")}\n`);
  if (check.kind !== "done") return undefined;
  return check.stdout.split("\n").flatMap((line) => (line.endsWith(" commit") ? [line.slice(0, -7)] : []));
}
