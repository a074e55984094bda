import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { formatRefFile, headPath, readHead } from "../../git/refs/head.ts";
import { packedRefsPath, readPackedRefsWithout } from "../../git/refs/packed-refs.ts";
import { listCheckedOutBranches, readWorkTreeOf } from "../../git/worktrees.ts";
import { slotLockPath, tryAcquireSlotLock } from "../../pool/locks/slot-lock.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { formatReflog } from "../../git/refs/reflog.ts";
import { moveAside, replaceFile } from "../steps/replace-file.ts";
import type { RewindPlan } from "../../git/refs/plan-rewind.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Writes what `planRewind` decided; everything replaced goes to quarantine. @returns what was done, in words. */
export function applyRewind(
  context: RecoveryContext,
  directories: GitDirectories,
  plan: RewindPlan,
): string[] {
  const { gitDirectory, commonDirectory } = directories;
  const done: string[] = [];
  const owners = readRefOwners(context, directories);
  const dropped: string[] = [];
  for (const [ref, objectId] of plan.refs) {
    const isWritten = withOwner(context, owners.get(ref), () => {
      if (objectId === undefined) {
        moveAside(context, join(commonDirectory, ref));
        dropped.push(ref);
      } else replaceFile(context, join(commonDirectory, ref), formatRefFile(objectId));
    });
    done.push(isWritten ? `${ref} is now ${objectId ?? "gone"}` : `${ref} belongs to a slot that is in use`);
  }
  removePackedRefs(context, commonDirectory, dropped);
  if (plan.head !== undefined && isOtherHead(gitDirectory, plan.head))
    done.push(replaceFile(context, headPath(gitDirectory), formatRefFile(plan.head)));
  for (const [path, entries] of plan.reflogs) {
    if (entries.length > 0) replaceFile(context, path, formatReflog(entries));
    else moveAside(context, path);
    done.push(`${path} no longer names what is lost`);
  }
  return done;
}

function isOtherHead(gitDirectory: string, objectId: string): boolean {
  const head = readHead(uncachedReader, gitDirectory);
  return head.kind === "detached" && head.commit !== objectId;
}

/** In a worktree pool: which other slot has which branch checked out. */
function readRefOwners(
  { pool, slot }: RecoveryContext,
  { gitDirectory, commonDirectory }: GitDirectories,
): Map<string, string> {
  const owners = new Map<string, string>();
  if (slot.layout !== "worktree") return owners;
  for (const { ref, admin } of listCheckedOutBranches(uncachedReader, commonDirectory)) {
    const workTree = readWorkTreeOf(admin);
    const owner = pool.slots.find(({ path }) => path === workTree);
    if (owner !== undefined && admin !== gitDirectory) owners.set(ref, owner.slotId);
  }
  return owners;
}

/** A branch that another slot has checked out is changed only while that slot's lock is ours too. */
function withOwner(
  { workspacesDir }: RecoveryContext,
  slotId: string | undefined,
  change: () => void,
): boolean {
  if (slotId === undefined) {
    change();
    return true;
  }
  const lock = tryAcquireSlotLock(slotLockPath(workspacesDir, slotId));
  if (lock.kind === "busy") return false;
  try {
    change();
    return true;
  } finally {
    lock.release();
  }
}

/** Writes packed-refs without some of its refs. */
function removePackedRefs(context: RecoveryContext, commonDirectory: string, names: readonly string[]): void {
  const path = packedRefsPath(commonDirectory);
  const content = readPackedRefsWithout(commonDirectory, names);
  if (content === undefined || readEntry(`${path}.lock`).kind !== "missing") return;
  replaceFile(context, path, content);
}
