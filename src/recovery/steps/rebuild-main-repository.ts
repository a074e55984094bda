import { readSharedRights, shareTree } from "../../git/scratch/shared-rights.ts";
import { slotLockPath, tryAcquireSlotLock, type HeldSlotLock } from "../../pool/locks/slot-lock.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { carryObjects } from "../repair/carry-objects.ts";
import { carryRefs } from "../repair/carry-refs.ts";
import { cloneBeside, verifyClone } from "../repair/clone-beside.ts";
import { withStaging } from "../repair/staging.ts";
import { findBranchesOfBare } from "../repair/known-branches.ts";
import { isSafeRepoUrl } from "../../pool/repo-url.ts";
import { swapDirectory } from "./swap-directory.ts";

/**
 * Step 6 for a worktree pool: clones the main repository again beside, carries over what only this host has, verifies,
 * and swaps by rename; the old repository goes to quarantine whole. No file of a work tree is touched. Every slot's lock
 * is held meanwhile. A remote that cannot be reached leaves everything as it is.
 */
export async function rebuildMainRepository(context: RecoveryContext): Promise<ActionResult> {
  const { pool } = context;
  const main = mainRepositoryPath(pool.directory);
  const url = pool.repoUrl;
  const unsafe = refuseUnsafe(context, main);
  if (unsafe !== undefined || url === undefined)
    return { outcome: "refused", reason: "unsafe_path", detail: unsafe ?? "the pool names no repo_url" };
  const locks = lockOthers(context);
  if ("detail" in locks) return { outcome: "refused", reason: "lock_held", detail: locks.detail };
  try {
    return await withStaging(context, async (staging) => {
      const branches = findBranchesOfBare(main, context.knownGood.readPool(pool.repoName)?.files);
      const failure = await cloneBeside(url, staging, { options: ["--bare"], branches });
      if (failure !== undefined) return { outcome: "failed", detail: failure };
      return carryAndSwap(context, main, staging);
    });
  } finally {
    for (const lock of locks) lock.release();
  }
}

function refuseUnsafe({ pool }: RecoveryContext, main: string): string | undefined {
  if (pool.repoUrl !== undefined && !isSafeRepoUrl(pool.repoUrl))
    return "the pool's repo_url is not one that git may be given";
  return isReallyInside(pool.directory, main) ? undefined : `${main} leads out of the pool`;
}

/** The slot's own lock is held by the run. */
function lockOthers({ pool, slot, workspacesDir }: RecoveryContext): HeldSlotLock[] | { detail: string } {
  const locks: HeldSlotLock[] = [];
  for (const { slotId } of pool.slots.filter((other) => other.slotId !== slot.slotId)) {
    const lock = tryAcquireSlotLock(slotLockPath(workspacesDir, slotId));
    if (lock.kind === "busy") {
      for (const held of locks) held.release();
      return { detail: `${slotId} shares the repository and is in use: ${lock.detail}` };
    }
    locks.push(lock);
  }
  return locks;
}

async function carryAndSwap(context: RecoveryContext, main: string, staging: string): Promise<ActionResult> {
  const objects = await carryObjects(context, main, staging);
  if ("detail" in objects) return { outcome: "failed", detail: objects.detail };
  const lost = await carryRefs(context, main, staging);
  const fault = await verifyClone({ gitDirectory: staging, commonDirectory: staging });
  if (fault !== undefined) return { outcome: "failed", detail: `the new clone is not sound: ${fault}` };
  shareTree(staging, readSharedRights(staging));
  const taken = context.refuseTaken();
  if (taken !== undefined) return { outcome: "refused", ...taken };
  const aside = swapDirectory(context, staging, main);
  const kept = aside === undefined ? "" : `; the old repository is ${aside}`;
  const without = lost.length === 0 ? "" : `; nothing whole is known of ${lost.slice(0, 5).join(", ")}`;
  const detail = `cloned ${main} again with ${objects.carried} objects of this host${without}${kept}`;
  return { outcome: "done", detail };
}
