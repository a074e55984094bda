import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { formatLinks } from "../../git/git-directory.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { describeGitFailure, type GitResult } from "../../git/run/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { withStaging } from "../repair/staging.ts";
import { findLinkStyle } from "../repair/link-style.ts";

const checkoutTimeoutSeconds = 600;

/**
 * Makes a removed work tree again: HEAD's files go into a staging directory that is renamed into place whole. No hook
 * and no filter of the main repository runs. An index that is there stays: it still names what was staged, which is checked
 * out in place of HEAD's files if it is to be kept.
 */
export async function recreateWorktree(
  context: RecoveryContext,
  directories: GitDirectories,
  { keepsStaged = false }: { readonly keepsStaged?: boolean } = {},
): Promise<ActionResult> {
  const withoutIndex = !keepsStaged || readEntry(indexPath(directories.gitDirectory)).kind === "missing";
  return withStaging(context, (staging) => {
    mkdirSync(staging);
    return withScratchCopy(
      directories,
      async (scratch) => {
        const checkout = await checkOut(scratch, withoutIndex);
        if (checkout.kind !== "done") return { outcome: "failed", detail: describeGitFailure(checkout) };
        moveIntoPlace(staging, context, directories);
        const index = indexPath(directories.gitDirectory);
        if (readEntry(index).kind === "missing") scratch.installIndex(index, directories.gitDirectory);
        return { outcome: "done", detail: `checked out ${context.slot.path} again` };
      },
      { workTree: staging, timeoutSeconds: checkoutTimeoutSeconds, withoutIndex },
    );
  });
}

async function checkOut(scratch: ScratchRepository, withoutIndex: boolean): Promise<GitResult> {
  if (withoutIndex) {
    const read = await scratch.run(["read-tree", "HEAD"]);
    if (read.kind !== "done") return read;
  }
  return scratch.run(["checkout-index", "--all", "--index"]);
}

/** @throws ENOTEMPTY if somebody made the slot's directory meanwhile: theirs stays. */
function moveIntoPlace(
  staging: string,
  context: RecoveryContext,
  { gitDirectory: admin }: GitDirectories,
): void {
  const { slot, pool } = context;
  const links = formatLinks({ gitFile: join(slot.path, ".git"), admin }, findLinkStyle(context));
  writeFileSync(join(staging, ".git"), links.gitFile);
  const parent = dirname(slot.path);
  requireInside(slot.root ?? pool.directory, slot.path);
  mkdirSync(parent, { recursive: true });
  renameSync(staging, slot.path);
  syncDirectory(parent);
}
