import { join } from "node:path";
import { readSharedRights, shareTree } from "../../git/scratch/shared-rights.ts";
import { readHeadTip } from "../../git/refs/tips.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { listBorrowers, listOutsideWorkTrees, readBorrowedStores } from "../../inspection/dependents.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { carryObjects } from "../repair/carry-objects.ts";
import { cloneBeside, verifyClone } from "../repair/clone-beside.ts";
import { findKnownBranches } from "../repair/known-branches.ts";
import { cloneOptions, findCloneForm } from "../repair/clone-form.ts";
import { anotherRepository } from "../repair/remote-git.ts";
import { sharesHistory } from "../repair/shared-history.ts";
import { withSiblingHistory } from "../repair/sibling-history.ts";
import { isLocalUrl, isSafeRepoUrl } from "../../pool/repo-url.ts";
import { excludeRecord } from "../repair/exclude-record.ts";
import { leadsOutOfPool } from "../refusal.ts";
import { withStaging } from "../repair/staging.ts";
import { isStateProven } from "../guards/state-proof.ts";
import { rebuildSlotFields, withError, writeSlotRecord } from "../../pool/records/slot-record-writer.ts";
import { swapDirectory } from "./swap-directory.ts";
import { rebuildMainRepository } from "./rebuild-main-repository.ts";
import { rebuildWorktree } from "./rebuild-worktree.ts";
import { isMainRepositoryBroken, isRepositoryBroken } from "../plan/fault-parts.ts";
import type { RecoveryStep } from "./recovery-step.ts";

export const recloneStep: RecoveryStep = {
  action: "reclone",
  savesWork: true,
  keepsAll: true,
  replacesRepository: true,
  clones: true,
  helps: isRepositoryBroken,
  // In the new repository the slot's own links and refs may be what is left to repair.
  reopens: ["restore_links", "restore_refs", "refetch_objects", "rebuild_index"],
  execute: reclone,
};

/**
 * Step 6: clones beside, verifies, then swaps by rename; the old directory goes to quarantine whole. A remote that
 * cannot be reached leaves the slot as it is.
 */
async function reclone(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  if (slot.layout === "worktree")
    return isMainRepositoryBroken({ ...context, layout: slot.layout })
      ? rebuildMainRepository(context)
      : rebuildWorktree(context);
  const url = pool.repoUrl;
  if (url === undefined || !isSafeRepoUrl(url)) {
    return {
      outcome: "refused",
      reason: "unsafe_path",
      detail: "the pool's repo_url is not one that git may be given",
    };
  }
  if (!isReallyInside(pool.directory, slot.path)) {
    return { outcome: "refused", ...leadsOutOfPool(slot.path) };
  }
  const [workTree] = listOutsideWorkTrees(slot);
  if (workTree !== undefined) {
    const detail = `${workTree} is a work tree of ${slot.path}, and would be none of a new clone`;
    return { outcome: "refused", reason: "needed_elsewhere", detail };
  }
  return withStaging(context, async (staging) => {
    const failure =
      (await cloneAlike(context, url, staging)) ?? (await carryForBorrowers(context, join(staging, ".git")));
    if (failure !== undefined) return { outcome: "failed", detail: failure };
    const taken = context.refuseTaken();
    return taken === undefined ? swapIn(context, staging) : { outcome: "refused", ...taken };
  });
}

/** In the form that the slot had, and not without what the pool knows. @returns what went wrong, if anything did. */
async function cloneAlike(
  context: RecoveryContext,
  url: string,
  staging: string,
): Promise<string | undefined> {
  const form = await findCloneForm(context);
  const { pool, slot, knownGood } = context;
  const branches = findKnownBranches(pool, slot, knownGood.readSlot(slot.slotId)?.files);
  const isWhole = form.filter === undefined && form.depth === undefined;
  const clone = (reference: string | undefined): Promise<string | undefined> =>
    cloneBeside(url, staging, { options: cloneOptions(form), reference, branches });
  // From the same disk, a sibling's copy would only be one more.
  const isSpared = isWhole && !isLocalUrl(url);
  const failure = isSpared ? await withSiblingHistory(context, clone) : await clone(undefined);
  if (failure !== undefined) return failure;
  const gitDirectory = join(staging, ".git");
  const fault = await verifyClone({ gitDirectory, commonDirectory: gitDirectory });
  if (fault !== undefined) return `the new clone is not sound: ${fault}`;
  // Git shares what it writes once the setting is there, and not the folders that it begins with.
  shareTree(gitDirectory, readSharedRights(gitDirectory));
  const isTold = form.depth !== undefined || (await sharesHistory(context, gitDirectory));
  return isTold ? undefined : anotherRepository;
}

/**
 * Slots that borrow objects from this one find all that can still be read of them in the new clone, not only what the remote
 * has. @returns what went wrong, if anything did.
 */
async function carryForBorrowers(context: RecoveryContext, fresh: string): Promise<string | undefined> {
  const { slot, pool } = context;
  const old = join(slot.path, ".git");
  if (
    listBorrowers(slot, readBorrowedStores(pool)).length === 0 ||
    !uncachedReader.isDirectory(join(old, "objects"))
  )
    return undefined;
  const objects = await carryObjects(context, old, fresh);
  return "detail" in objects ? objects.detail : undefined;
}

function swapIn(context: RecoveryContext, staging: string): ActionResult {
  const { slot, pool, clock, timeZone } = context;
  const { ref, commit } = readHeadTip(join(staging, ".git"));
  const tip = { branch: ref?.replace("refs/heads/", ""), commit };
  const now = clock.now();
  const copy = context.knownGood.readSlot(slot.slotId);
  const rebuilt = rebuildSlotFields(slot, pool, { now, timeZone, tip, copy: copy?.fields });
  const isKnown = isStateProven(context, copy);
  const fields = isKnown ? rebuilt : withError(rebuilt, { now, timeZone, isStateKnown: false });
  writeSlotRecord({ fields, path: join(staging, "slot.json"), now, timeZone });
  excludeRecord(join(staging, ".git"));
  const aside = swapDirectory(context, staging, slot.path);
  const kept = aside === undefined ? "" : `; the old directory is ${aside}`;
  return { outcome: "done", detail: `cloned ${slot.path} again${kept}` };
}
