import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeGitFailure, type GitResult } from "../../git/run/git-command.ts";
import { runGit } from "../../git/run/run-git.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { withCleanRoom } from "../../inspection/deep/clean-room.ts";
import { copyFileAtomic, syncDirectory } from "../../platform/atomic-file.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";

const checkoutTimeoutSeconds = 600;

/**
 * Makes a removed work tree again: HEAD's files go into a staging directory that is renamed into place whole. No hook
 * and no filter of the shared repository runs. An index that is there stays: it still names what was staged.
 */
export async function recreateWorktree(
  context: RecoveryContext,
  directories: GitDirectories,
): Promise<ActionResult> {
  const { slot, stateDir, stamp } = context;
  const staging = join(stateDir, "staging", `${stamp}-${slot.slotId}`);
  mkdirSync(dirname(staging), { recursive: true, mode: 0o700 });
  mkdirSync(staging);
  try {
    return await withCleanRoom(directories, async (room) => {
      const checkout = await checkOut(room, staging);
      if (checkout.kind !== "done") return { outcome: "failed", detail: describeGitFailure(checkout) };
      moveIntoPlace(staging, context, directories);
      const index = join(directories.gitDirectory, "index");
      if (readEntry(index).kind === "missing") copyFileAtomic(join(room, "index"), index);
      return { outcome: "done", detail: `checked out ${slot.path} anew` };
    });
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    return { outcome: "failed", detail: "the state directory is on another file system" };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function checkOut(room: string, workTree: string): Promise<GitResult> {
  const base = { gitDirectory: room, settings: ["core.bare=false"], timeoutSeconds: checkoutTimeoutSeconds };
  rmSync(join(room, "index"), { force: true });
  const read = await runGit({ ...base, args: ["read-tree", "HEAD"] });
  if (read.kind !== "done") return read;
  return runGit({ ...base, workTree, cwd: workTree, args: ["checkout-index", "--all", "--index"] });
}

/** @throws ENOTEMPTY where somebody made the slot's directory meanwhile: theirs stays. */
function moveIntoPlace(staging: string, { slot }: RecoveryContext, { gitDirectory }: GitDirectories): void {
  writeFileSync(join(staging, ".git"), `gitdir: ${gitDirectory}\n`);
  const parent = dirname(slot.path);
  mkdirSync(parent, { recursive: true });
  renameSync(staging, slot.path);
  syncDirectory(parent);
}
