import type { GitDirectories } from "../../git/git-directory.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { withScratchCopy } from "../../git/scratch/scratch-repository.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { listOwnWorktreeFaults } from "../repair/own-worktrees.ts";
import { concerns, type Fault } from "../plan/fault-parts.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { moveAside } from "./replace-file.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

const rebuildIndexStep = {
  action: "rebuild_index",
  savesWork: true,
  replacesRepository: false,
  execute: rebuildIndex,
} as const;

/** An index is made from HEAD: if HEAD, a ref or an object is broken too, it comes after them. */
export const rebuildIndexFirst: RecoveryStep = { ...rebuildIndexStep, helps: isIndexAlone };
export const rebuildIndexLast: RecoveryStep = {
  ...rebuildIndexStep,
  helps: (fault) => concerns(fault, "index") && !isIndexAlone(fault),
};

function isIndexAlone(fault: Fault): boolean {
  return concerns(fault, "index") && !concerns(fault, "links", "refs", "objects");
}

const gitTimeoutSeconds = 60;

/**
 * Step 4: an index from HEAD, keeping every file of the work tree; what was staged stays as the file's content. Also for the
 * work trees that somebody made out of the slot.
 */
export async function rebuildIndex(context: RecoveryContext): Promise<ActionResult> {
  const { directories } = locateRepository(uncachedReader, context.slot, context.pool);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
  const ofOthers = listOwnWorktreeFaults(context, directories.commonDirectory)
    .filter(({ part }) => part === "index")
    .map(({ admin }) => ({ ...directories, gitDirectory: admin }));
  const broken = [...(isOwnIndexBroken(context, directories) ? [directories] : []), ...ofOthers];
  const results: ActionResult[] = [];
  for (const each of broken) results.push(await rebuildFromHead(context, each));
  const done = results.filter(({ outcome }) => outcome === "done").map(({ detail }) => detail);
  if (done.length > 0) return { outcome: "done", detail: done.join("; ") };
  return results[0] ?? { outcome: "no_effect", detail: "the slot's own index is sound" };
}

function isOwnIndexBroken({ inspection }: RecoveryContext, { gitDirectory }: GitDirectories): boolean {
  const index = indexPath(gitDirectory);
  const isReported = inspection.findings.some(({ path }) => path === index);
  return isReported || readEntry(index).kind === "missing";
}

async function rebuildFromHead(context: RecoveryContext, directories: GitDirectories): Promise<ActionResult> {
  const index = indexPath(directories.gitDirectory);
  return withScratchCopy(
    directories,
    async (scratch) => {
      const read = await scratch.run(["read-tree", "HEAD"]);
      if (read.kind !== "done") return { outcome: "no_effect", detail: describeGitFailure(read) };
      moveAside(context, index);
      scratch.installIndex(index, directories.gitDirectory);
      return { outcome: "done", detail: `rebuilt ${index} from HEAD` };
    },
    { timeoutSeconds: gitTimeoutSeconds, withoutIndex: true },
  );
}
