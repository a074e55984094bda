import { rmSync } from "node:fs";
import { join } from "node:path";
import { describeGitFailure } from "../../git/run/git-command.ts";
import { runGit } from "../../git/run/run-git.ts";
import { withCleanRoom } from "../../inspection/deep/clean-room.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { copyFileAtomic } from "../../platform/atomic-file.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";

const gitTimeoutSeconds = 60;

/** Step 4: an index from HEAD, keeping every file of the work tree; what was staged stays as the file's content. */
export async function rebuildIndex(context: RecoveryContext): Promise<ActionResult> {
  const { directories } = locateRepository(context.slot, context.pool.directory);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
  const index = join(directories.gitDirectory, "index");
  return withCleanRoom(directories, async (room) => {
    rmSync(join(room, "index"), { force: true });
    const read = await runGit({
      args: ["read-tree", "HEAD"],
      gitDirectory: room,
      settings: ["core.bare=false"],
      timeoutSeconds: gitTimeoutSeconds,
    });
    if (read.kind !== "done") return { outcome: "no_effect", detail: describeGitFailure(read) };
    if (readEntry(index).kind !== "missing")
      moveToQuarantine(index, { ...context, slotId: context.slot.slotId });
    copyFileAtomic(join(room, "index"), index);
    return { outcome: "done", detail: `rebuilt ${index} from HEAD` };
  });
}
