import { readHead } from "../../git/refs/head.ts";
import type { GitResult } from "../../git/run/git-command.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { Arrival, UnsavedWorkKind } from "../finding.ts";
import type { SlotInspection } from "../slot-inspection.ts";
import { selectCloneTips, selectWorktreeTips } from "./own-tips.ts";

/** How many remote branches are compared, the newest first. */
const mostUpstreams = 4;

interface ArrivalOptions {
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

type RunGit = (args: readonly string[], input?: string) => Promise<GitResult>;

/**
 * Whether what was committed in a slot without a record is known to a remote, as its refs here have it. Asked only of a
 * slot that is clean. Undefined if it is not, or if it cannot be told: it is a hint, and never a reason to remove anything.
 */
export async function findArrival(
  { slot, directories }: SlotInspection,
  kinds: readonly UnsavedWorkKind[],
  options: ArrivalOptions,
): Promise<Arrival | undefined> {
  const isClean = kinds.every((kind) => kind === "unpushed");
  if (directories === undefined || slot.reading.kind !== "unrecorded" || !isClean) return undefined;
  const { gitDirectory, commonDirectory } = directories;
  const isWorktree = gitDirectory !== commonDirectory;
  const worktrees = isWorktree ? [gitDirectory] : [];
  try {
    return await withScratchCopy(
      directories,
      async (scratch) => {
        const within = scratch.gitDirectoryOf(directories);
        const git: RunGit = (args, input = "") => scratch.run(args, { gitDirectory: within, input });
        if (await isNothing(git, ["rev-list", "--max-count=1", "HEAD", "--not", "--remotes"]))
          return kinds.length === 0 ? "in_remote" : undefined;
        const place = { directories, workTree: slot.path, root: slot.path, scratch, git };
        return (await hasOtherCommits(place, isWorktree)) ? undefined : await compare(git);
      },
      { ...options, workTree: slot.path, worktrees },
    );
  } catch {
    // Without a copy nothing is known.
    return undefined;
  }
}

/** Commits of the slot alone that HEAD does not lead to, such as amended ones: with these there is no hint. */
async function hasOtherCommits(
  place: Parameters<typeof selectCloneTips>[0] & { readonly scratch: ScratchRepository },
  isWorktree: boolean,
): Promise<boolean> {
  const head = readHead(uncachedReader, place.directories.gitDirectory);
  const branch = head.kind === "branch" ? head.ref : undefined;
  const tips = isWorktree ? await selectWorktreeTips(place, branch) : await selectCloneTips(place);
  if (tips.kind !== "known") return tips.kind === "unknown";
  return !(await isNothing(place.git, ["rev-list", "--max-count=1", ...tips.args, "^HEAD"], tips.input));
}

async function compare(git: RunGit): Promise<Arrival | undefined> {
  const listed = await git([
    ...["for-each-ref", "--sort=-committerdate", `--count=${mostUpstreams}`],
    ...["--format=%(objectname)", "refs/remotes"],
  ]);
  if (listed.kind !== "done") return undefined;
  for (const upstream of new Set(listed.stdout.split("\n").filter((id) => id !== ""))) {
    if (await hasEqualPatches(git, upstream)) return "by_patch_id";
    if (await addsNothing(git, upstream)) return "by_content";
  }
  return undefined;
}

/** Each commit, as after a rebase, or all of them as one, as after a squash. */
async function hasEqualPatches(git: RunGit, upstream: string): Promise<boolean> {
  const has = (commit: string): Promise<boolean> =>
    isNothing(git, ["rev-list", "--max-count=1", "--cherry-pick", "--right-only", `${upstream}...${commit}`]);
  if (await has("HEAD")) return true;
  const base = await git(["merge-base", upstream, "HEAD"]);
  if (base.kind !== "done") return false;
  const identity = ["-c", "user.name=none", "-c", "user.email=none"];
  const squashed = await git([
    ...[...identity, "commit-tree", "HEAD^{tree}", "-p", base.stdout.trim(), "-m", "all as one"],
  ]);
  return squashed.kind === "done" && has(squashed.stdout.trim());
}

/** A merge would change nothing there. */
async function addsNothing(git: RunGit, upstream: string): Promise<boolean> {
  const merged = await git(["merge-tree", "--write-tree", upstream, "HEAD"]);
  const tree = await git(["rev-parse", `${upstream}^{tree}`]);
  return merged.kind === "done" && tree.kind === "done" && merged.stdout.trim() === tree.stdout.trim();
}

async function isNothing(git: RunGit, args: readonly string[], input = ""): Promise<boolean> {
  const result = await git(args, input);
  return result.kind === "done" && result.stdout.trim() === "";
}
