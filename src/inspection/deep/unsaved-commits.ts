import { join } from "node:path";
import { readOtherRemotes } from "../../git/config/remotes.ts";
import { readYoungPacks } from "../../git/packs/young-packs.ts";
import { readHead } from "../../git/refs/head.ts";
import { readPackedRefs } from "../../git/refs/packed-refs.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { UnsavedWorkKind } from "../finding.ts";
import { listDroppedStashes } from "./dropped-stashes.ts";
import { namesOwnContent } from "./named-content.ts";
import { selectCloneTips, selectWorktreeTips, type OwnTips } from "./own-tips.ts";
import type { Scope } from "./unsaved-work-scope.ts";

export async function readCommits(scope: Scope): Promise<UnsavedWorkKind[]> {
  const { directories, git } = scope;
  const isWorktree = directories.gitDirectory !== directories.commonDirectory;
  const head = readHead(uncachedReader, directories.gitDirectory);
  const branch = head.kind === "branch" ? head.ref : undefined;
  const tips = isWorktree ? await selectWorktreeTips(scope, branch) : await selectCloneTips(scope);
  if (tips.kind === "unknown") return ["unknown"];
  const commits = tips.kind === "none" ? [] : await readUnpushed(git, tips);
  const kinds: UnsavedWorkKind[] =
    commits.length === 0 && (await namesOwnContent(scope)) ? ["unpushed"] : commits;
  return [...kinds, ...(await readStashes(scope, isWorktree, branch))];
}

async function readUnpushed(
  git: Scope["git"],
  { args, input }: Extract<OwnTips, { kind: "known" }>,
): Promise<UnsavedWorkKind[]> {
  const unpushed = await git(["rev-list", "--max-count=1", ...args], input);
  if (unpushed.kind !== "done") return ["unknown"];
  return unpushed.stdout.trim() === "" ? [] : ["unpushed"];
}

async function readStashes(
  { directories, git, scratch, workTree, root }: Scope,
  isWorktree: boolean,
  branch: string | undefined,
): Promise<UnsavedWorkKind[]> {
  const { commonDirectory } = directories;
  const remotes = readOtherRemotes(commonDirectory, { workTree, root });
  const packs = readYoungPacks({ commonDirectory, remotes, idBytes: scratch.format.idBytes });
  const dropped = [...(await listDroppedStashes(commonDirectory, packs, scratch)).values()];
  if (dropped.length > 0 && (!isWorktree || stashesOf(dropped, branch))) return ["stash"];
  if (isRefMissing(scratch.directory, "refs/stash")) return [];
  const hasStash = await git(["rev-parse", "--verify", "--quiet", "refs/stash"]);
  if (hasStash.kind === "done") {
    const stash = await git(["log", "-g", "--format=%gs", "refs/stash", "--"]);
    const isOwn = !isWorktree || stash.kind !== "done" || stashesOf(stash.stdout.split("\n"), branch);
    return isOwn ? ["stash"] : [];
  }
  const isUnread = uncachedReader.readEntry(join(scratch.directory, "refs", "stash")).kind !== "missing";
  return isUnread ? ["unknown"] : [];
}

/** As the files say; false if that cannot be told. */
function isRefMissing(gitDirectory: string, name: string): boolean {
  if (uncachedReader.readEntry(join(gitDirectory, name)).kind !== "missing") return false;
  const packed = readPackedRefs(uncachedReader, gitDirectory);
  return packed.kind === "valid" && !packed.refs.has(name);
}

/** Worktrees share one stash; git notes the branch that each entry was made on. */
function stashesOf(subjects: readonly string[], branch: string | undefined): boolean {
  const name = branch?.replace(/^refs\/heads\//, "") ?? "(no branch)";
  const lines = subjects.filter((line) => line !== "");
  return (
    lines.length === 0 ||
    lines.some((line) => {
      const noted = /^(?:WIP on|On) ([^:]+): /.exec(line)?.[1];
      return noted === undefined || noted === name;
    })
  );
}
