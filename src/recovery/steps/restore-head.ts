import type { GitDirectories } from "../../git/git-directory.ts";
import { isRebasing } from "../../git/operations.ts";
import {
  formatRefFile,
  headPath,
  isRefName,
  parseHead,
  readFirstBranch,
  readHead,
} from "../../git/refs/head.ts";
import { openObjectStore } from "../../git/objects/open-object-store.ts";
import { isNullId, isObjectId } from "../../git/objects/object-id.ts";
import { readPackedRefMap, readPackedRefs } from "../../git/refs/packed-refs.ts";
import { readLooseRef, resolveRef } from "../../git/refs/refs.ts";
import { formatReflog, readReflog, reflogPath, type ReflogEntry } from "../../git/refs/reflog.ts";
import { readRefIds } from "../../git/refs/tips.ts";
import { findLostPart } from "../../git/worktree-faults.ts";
import { hasOwnWorkTree, listCheckedOutBranches } from "../../git/worktrees.ts";
import { slotBranch } from "../../pool/layouts/layout.ts";
import { concerns } from "../plan/fault-parts.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { replaceFile } from "./replace-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Names the branch that HEAD was moved to, in the three messages with which git says so. */
const moveToBranch =
  /^(?:checkout: moving from \S+ to (\S+)|Branch: renamed \S+ to refs\/heads\/(\S+)|rebase.*\(finish\): returning to refs\/heads\/(\S+))$/;

/**
 * Writes HEAD if it says nothing, or names a branch that never was. The old file goes to quarantine.
 * @returns what was done; undefined if HEAD is sound or nothing proves what it said.
 */
export function restoreHead(context: RecoveryContext, directories: GitDirectories): string | undefined {
  if (!isHeadLost(directories)) return undefined;
  const target = findHeadTarget(context, directories);
  if (target === undefined) return undefined;
  return replaceFile(context, headPath(directories.gitDirectory), formatRefFile(target));
}

/**
 * Writes HEAD of the main repository if it says nothing. No slot works on it: it only names the branch that new
 * slots begin with, so that any branch of the remote's may stand in for one that nobody knows any more.
 */
export function restoreMainHead(context: RecoveryContext, main: string): string | undefined {
  if (["branch", "detached", "unreadable"].includes(readHead(uncachedReader, main).kind)) return undefined;
  const copy = context.knownGood.readPool(context.pool.repoName)?.files.get("HEAD");
  const named = [branchOfCopy(copy), readFirstBranch(main)].filter((ref) => ref !== undefined);
  const directories = { gitDirectory: main, commonDirectory: main };
  const candidates = [...named, "refs/heads/main", "refs/heads/master"];
  const ref = candidates.find((candidate) => isKnownBranch(candidate, directories)) ?? "refs/heads/main";
  return replaceFile(context, headPath(main), formatRefFile(ref));
}

/**
 * Writes HEAD of a work tree that somebody made out of the slot, as its own reflog has it as far as its commits are there:
 * fsck of the repository ends on the others, so they go from the reflog too. @returns what was done; undefined if that
 * proves nothing.
 */
export function restoreOwnHead(context: RecoveryContext, directories: GitDirectories): string | undefined {
  const { store } = openObjectStore(directories.commonDirectory);
  // Those that a damaged store only hides are back after a later step.
  const areHidden = concerns(context, "objects");
  const isWhole = (id: string): boolean =>
    areHidden || isNullId(id) || findLostPart(uncachedReader, store, id) === undefined;
  const logged = readMoves(directories);
  const moves = logged.filter(({ oldId, newId }) => isWhole(oldId) && isWhole(newId));
  const target = findLoggedTarget(moves, directories) ?? moves.at(-1)?.newId;
  if (target === undefined) return undefined;
  const log = reflogPath(directories.gitDirectory, "HEAD");
  if (moves.length < logged.length) replaceFile(context, log, formatReflog(moves));
  return replaceFile(context, headPath(directories.gitDirectory), formatRefFile(target));
}

/** The same of a slot's own HEAD, if it is on a commit that is not there. Undefined if it is sound, or nothing proves more. */
export function restoreDetachedHead(
  context: RecoveryContext,
  directories: GitDirectories,
): string | undefined {
  const head = readHead(uncachedReader, directories.gitDirectory);
  if (head.kind !== "detached" || concerns(context, "objects")) return undefined;
  const { store } = openObjectStore(directories.commonDirectory);
  const isThere = findLostPart(uncachedReader, store, head.commit) === undefined;
  return isThere ? undefined : restoreOwnHead(context, directories);
}

/**
 * Writes HEAD of a slot without a record if it says nothing: one that names a branch may be somebody's choice. @returns what
 * was done; undefined if it says something, or if neither its reflog nor our copy tells what it said.
 */
export function restoreUnrecordedHead(
  context: RecoveryContext,
  directories: GitDirectories,
): string | undefined {
  if (!["missing", "invalid"].includes(readHead(uncachedReader, directories.gitDirectory).kind))
    return undefined;
  const moves = readMoves(directories);
  const target =
    findLoggedTarget(moves, directories) ??
    findCopiedBranch(context, directories) ??
    findBranchInStep(moves, directories) ??
    moves.at(-1)?.newId;
  if (target === undefined) return undefined;
  return replaceFile(context, headPath(directories.gitDirectory), formatRefFile(target));
}

function findCopiedBranch(
  { slot, knownGood }: RecoveryContext,
  directories: GitDirectories,
): string | undefined {
  const ref = branchOfCopy(knownGood.readHead(slot));
  return ref !== undefined && isFreeBranch(ref, directories) ? ref : undefined;
}

/** What HEAD of a work tree was whose registration is gone, and its reflog with it: our copy alone tells. */
export function findCopiedTarget(context: RecoveryContext, directories: GitDirectories): string | undefined {
  const copy = context.knownGood.readHead(context.slot);
  const head = copy === undefined ? undefined : parseHead(copy);
  return head?.kind === "detached" ? head.commit : findCopiedBranch(context, directories);
}

/** The only free branch that is where HEAD was last, and came there at the same time: both logs have the same line of it. */
function findBranchInStep(moves: readonly ReflogEntry[], directories: GitDirectories): string | undefined {
  const { commonDirectory } = directories;
  const tip = moves.at(-1)?.newId;
  const inStep = [...readRefIds(commonDirectory)].flatMap(([ref, id]) => {
    if (id !== tip || !ref.startsWith("refs/heads/")) return [];
    const last = readReflog(uncachedReader, reflogPath(commonDirectory, ref)).at(-1);
    const isSame = moves.some(({ newId, who }) => newId === last?.newId && who === last.who);
    return isSame && isFreeBranch(ref, directories) ? [ref] : [];
  });
  return inStep.length === 1 ? inStep[0] : undefined;
}

/** The ref or commit that HEAD named: by its own reflog, else by slot.json, our copy, or the layout's name for its branch. */
export function findHeadTarget(context: RecoveryContext, directories: GitDirectories): string | undefined {
  return (
    findLoggedTarget(readMoves(directories), directories) ??
    fallbackBranches(context, directories).find((ref) => isFreeBranch(ref, directories))
  );
}

function readMoves({ gitDirectory }: GitDirectories): ReflogEntry[] {
  return readReflog(uncachedReader, reflogPath(gitDirectory, "HEAD"));
}

function findLoggedTarget(moves: readonly ReflogEntry[], directories: GitDirectories): string | undefined {
  const last = moves.map(({ message }) => moveToBranch.exec(message)).findLast((match) => match !== null);
  const branch = last?.[1] ?? last?.[2] ?? last?.[3];
  const isInRebase = isRebasing(directories.gitDirectory);
  const tip = moves.at(-1)?.newId;
  if (branch !== undefined || isInRebase) {
    const ref = `refs/heads/${branch ?? ""}`;
    if (!isInRebase && isFreeBranch(ref, directories)) return ref;
    // The last move led to a tag or a commit, or the branch is taken: detached keeps the commit.
    if (tip !== undefined && isObjectId(tip)) return tip;
  }
  return undefined;
}

/** The branch that a copy of HEAD names. */
function branchOfCopy(content: Buffer | undefined): string | undefined {
  const head = content === undefined ? undefined : parseHead(content);
  return head?.kind === "branch" && head.ref.startsWith("refs/heads/") ? head.ref : undefined;
}

function fallbackBranches(
  { slot, pool, knownGood }: RecoveryContext,
  { commonDirectory }: GitDirectories,
): string[] {
  const recorded = slot.reading.kind === "valid" ? slot.reading.record.currentBranch : undefined;
  const ofCopy = branchOfCopy(knownGood.readSlot(slot.slotId)?.files.get("HEAD"));
  const ofRecord = [
    ...(ofCopy === undefined ? [] : [ofCopy]),
    ...(recorded === undefined ? [] : [`refs/heads/${recorded}`]),
  ];
  if (slot.layout === "worktree") return [...ofRecord, slotBranch(pool.repoName, slot.number)];
  const origin = readLooseRef(uncachedReader, commonDirectory, "refs/remotes/origin/HEAD");
  const ofOrigin =
    origin.kind === "symbolic" ? [origin.target.replace("refs/remotes/origin/", "refs/heads/")] : [];
  return [...ofRecord, ...ofOrigin];
}

/** Git lets one branch be checked out in one work tree. */
function isFreeBranch(ref: string, directories: GitDirectories): boolean {
  const isTaken = listCheckedOutBranches(uncachedReader, directories.commonDirectory).some(
    (taken) => taken.ref === ref && taken.admin !== directories.gitDirectory,
  );
  return !isTaken && !isOfMainWorkTree(ref, directories) && isKnownBranch(ref, directories);
}

/** HEAD of a bare repository checks nothing out. */
function isOfMainWorkTree(ref: string, { gitDirectory, commonDirectory }: GitDirectories): boolean {
  if (gitDirectory === commonDirectory || !hasOwnWorkTree(commonDirectory)) return false;
  const head = readHead(uncachedReader, commonDirectory);
  return head.kind === "branch" && head.ref === ref;
}

/** A branch that is there, or was: its reflog lets a later step bring it back. */
function isKnownBranch(ref: string, { commonDirectory }: GitDirectories): boolean {
  if (!isRefName(ref)) return false;
  const found = resolveRef(uncachedReader, commonDirectory, ref, readPackedRefMap(commonDirectory));
  return found.kind === "commit" || readReflog(uncachedReader, reflogPath(commonDirectory, ref)).length > 0;
}

function isHeadLost(directories: GitDirectories): boolean {
  const head = readHead(uncachedReader, directories.gitDirectory);
  if (head.kind === "detached") return false;
  if (head.kind !== "branch") return true;
  const packed = readPackedRefs(uncachedReader, directories.commonDirectory);
  if (packed.kind !== "valid") return false;
  const found = resolveRef(uncachedReader, directories.commonDirectory, head.ref, packed.refs);
  return found.kind === "missing" && !isKnownBranch(head.ref, directories);
}
