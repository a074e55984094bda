import { indexPath } from "../../git/index/staged-entries.ts";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { withScratchCopy } from "../../git/scratch/scratch-repository.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { concerns, type Fault } from "../plan/fault-parts.ts";
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

/** Step 4: an index from HEAD, keeping every file of the work tree; what was staged stays as the file's content. */
export async function rebuildIndex(context: RecoveryContext): Promise<ActionResult> {
  const { directories } = locateRepository(uncachedReader, context.slot, context.pool);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
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
