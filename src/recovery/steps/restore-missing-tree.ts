import { dirname } from "node:path";
import { countOf } from "../../platform/count-of.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readHead } from "../../git/refs/head.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { recreateWorktree } from "./recreate-worktree.ts";

const gitTimeoutSeconds = 60;

/** A directory that is registered and gone: its owner may have removed it, so that it comes back only on request. */
export async function restoreMissingTree(
  context: RecoveryContext,
  directories: GitDirectories,
): Promise<ActionResult> {
  const { slot, options } = context;
  if (!options.restoreMissing)
    return { outcome: "no_effect", detail: await describeLoss(context, directories) };
  const parent = dirname(slot.path);
  if (readEntry(parent).kind !== "directory") {
    const detail = `${parent} is not there either: is a disk not mounted?`;
    return { outcome: "refused", reason: "vantage_suspect", detail };
  }
  return recreateWorktree(context, directories, { keepsStaged: true });
}

/** What only the registration holds: nothing here removes one. */
async function describeLoss({ slot }: RecoveryContext, directories: GitDirectories): Promise<string> {
  const { gitDirectory: admin } = directories;
  const told = await withScratchCopy(
    directories,
    async (scratch) => [await describeCommits(scratch, admin), await describeStaged(scratch)].join(", "),
    { timeoutSeconds: gitTimeoutSeconds },
  );
  return `${slot.path} is gone; its registration ${admin} stays: ${told}. \`recover --restore-missing\` checks it out again; if it may go, \`git worktree remove\` forgets it`;
}

async function describeCommits(scratch: ScratchRepository, admin: string): Promise<string> {
  const head = readHead(uncachedReader, admin);
  if (head.kind === "branch") return `it was on ${head.ref}, which keeps its commits`;
  if (head.kind !== "detached") return "its HEAD says nothing";
  const kept = ["--branches", "--tags", "--remotes"];
  const listed = await scratch.run(["rev-list", "--count", head.commit, "--not", ...kept]);
  if (listed.kind !== "done") return `its HEAD ${head.commit} cannot be read`;
  const count = Number(listed.stdout);
  return count === 0
    ? `its HEAD ${head.commit} is on a branch`
    : `${countOf(count, "commit")} up to its HEAD ${head.commit} on no branch: \`git branch NAME ${head.commit}\` keeps them`;
}

async function describeStaged(scratch: ScratchRepository): Promise<string> {
  const compared = await scratch.run(["diff-index", "--cached", "--name-only", "HEAD"]);
  if (compared.kind !== "done") return "its index cannot be read";
  const count = compared.stdout.split("\n").filter((line) => line !== "").length;
  return count === 0 ? "nothing is staged" : `${countOf(count, "file")} staged`;
}
