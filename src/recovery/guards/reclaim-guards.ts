import { readGitFile, type GitDirectories } from "../../git/git-directory.ts";
import { listOwnAdmins } from "../../git/index/other-indexes.ts";
import { listOutsideWorkspaces } from "../../git/jujutsu-workspaces.ts";
import { listAdminDirectories } from "../../git/worktrees.ts";
import { newest } from "../../inspection/activity.ts";
import { listBorrowers, type BorrowedStores } from "../../inspection/dependents.ts";
import type { DiskUsage } from "../../inspection/disk-usage.ts";
import type { FindingCode } from "../../inspection/finding.ts";
import { locateSubmodules } from "../../inspection/probe/locate-submodules.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { secondsBetween } from "../../platform/clock.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { Pool } from "../../pool/pool.ts";
import { isPermitted } from "../plan/permitted-actions.ts";
import type { Refusal } from "../refusal.ts";
import { quarantineOf, refuseOtherFileSystem } from "./reclaim-quarantine.ts";

/** A slot that is to be reclaimed, as one look found it. */
export interface ReclaimFacts {
  readonly pool: Pool;
  readonly inspection: SlotInspection;
  /** Undefined if it could not be measured whole. */
  readonly usage: DiskUsage | undefined;
  /** Of the pool. */
  readonly borrowed: BorrowedStores;
  readonly stateDir: string;
  /** It must have been without activity for longer; undefined if its age does not matter. */
  readonly olderSeconds: number | undefined;
  readonly now: Date;
}

/** The newest sign of a change, in the work tree or by git. */
export function lastActivityOf({
  inspection,
  usage,
}: Pick<ReclaimFacts, "inspection" | "usage">): Date | undefined {
  return newest([inspection.lastActivityAt, inspection.directoryChangedAt, usage?.worktreeChangedAt]);
}

function describeForbidden({ slot, directories }: ReclaimFacts["inspection"]): string {
  const permission = "a source of the configuration that allows it (`allow: [reclaim]`)";
  const isMain = directories !== undefined && directories.gitDirectory === directories.commonDirectory;
  return isMain
    ? `${slot.path} is a main work tree, and would go with its repository: that takes ${permission}. Name the work trees that are linked to it, or a directory above it`
    : `${slot.path}: that takes ${permission}`;
}

/** The directories that go: that of the slot, and the registration of a linked work tree if it has one. */
export function placesOfReclaim({
  slot,
  directories,
}: Pick<SlotInspection, "slot" | "directories">): string[] {
  const isLinked = directories !== undefined && directories.gitDirectory !== directories.commonDirectory;
  return [slot.path, ...(isLinked ? [directories.gitDirectory] : [])];
}

/** Why a slot is not reclaimed by any run; whether somebody uses it is asked apart. */
export function refuseReclaim(facts: ReclaimFacts): Refusal | undefined {
  return (
    refuseByPool(facts) ??
    refuseBroken(facts) ??
    refuseLocked(facts) ??
    refuseNeeded(facts) ??
    refuseRecent(facts)
  );
}

function refuseByPool({ pool, inspection, stateDir }: ReclaimFacts): Refusal | undefined {
  const { slot } = inspection;
  if (!isPermitted("reclaim", pool))
    return { reason: "not_permitted", detail: describeForbidden(inspection) };
  if (pool.vantage !== undefined) return { reason: "vantage_suspect", detail: pool.vantage.detail };
  if (readEntry(slot.path).kind !== "directory")
    return { reason: "fault_gone", detail: `no directory is at ${slot.path}` };
  return refuseOtherFileSystem(placesOfReclaim(inspection), quarantineOf(pool, stateDir));
}

/** With these, a registration may be another work tree's. */
const uncertainLinks: readonly FindingCode[] = [
  "slot_shared",
  "worktree_backlink_invalid",
  "worktree_commondir_invalid",
  "worktree_link_invalid",
  "worktree_link_missing",
];

function refuseBroken({ inspection, usage }: ReclaimFacts): Refusal | undefined {
  const { slot, findings, unread, isBlind } = inspection;
  const uncertain = findings.find(({ code }) => uncertainLinks.includes(code));
  if (uncertain !== undefined)
    return {
      reason: "unsafe_path",
      detail: `which registration is that of ${slot.path} is unclear: ${uncertain.code}`,
    };
  if (usage !== undefined && unread.length === 0 && isBlind !== true) return undefined;
  return { reason: "unsupported", detail: `${slot.path} cannot be read whole` };
}

function refuseLocked({ inspection: { worktreeLock, gitLocks } }: ReclaimFacts): Refusal | undefined {
  const path = worktreeLock?.path ?? gitLocks[0]?.path;
  return path === undefined ? undefined : { reason: "lock_held", detail: `${path} is there` };
}

/** What lies inside and belongs to another repository, or what other work trees live by, is not taken along. */
function refuseNeeded({ borrowed, inspection, usage }: ReclaimFacts): Refusal | undefined {
  const { slot, directories } = inspection;
  const [borrower] = listBorrowers(slot, borrowed);
  if (borrower !== undefined)
    return { reason: "needed_elsewhere", detail: `${borrower} borrows objects from ${slot.path}` };
  const dependent =
    (directories === undefined ? undefined : findDependent(directories, slot.path)) ??
    usage?.nestedGitPaths.find((path) => belongsElsewhere(path, slot.path, directories)) ??
    listOutsideWorkspaces(slot.path)[0];
  if (dependent === undefined) return undefined;
  return { reason: "needed_elsewhere", detail: `${dependent} belongs to another work tree or repository` };
}

function findDependent(directories: GitDirectories, workTree: string): string | undefined {
  const submodules = locateSubmodules(uncachedReader, directories.gitDirectory, workTree);
  const ofSubmodules = submodules.flatMap(({ repository }) =>
    repository === undefined ? [] : listAdminDirectories(uncachedReader, repository),
  );
  return [...listOwnAdmins(directories, workTree), ...ofSubmodules][0];
}

/** A nested clone without work trees of its own, and a submodule, come and go with the slot. */
function belongsElsewhere(path: string, workTree: string, directories: GitDirectories | undefined): boolean {
  if (readEntry(path).kind === "directory") return listAdminDirectories(uncachedReader, path).length > 0;
  const target = readGitFile(uncachedReader, path);
  if (target === undefined) return false;
  const own = [workTree, ...(directories === undefined ? [] : [directories.gitDirectory])];
  return !own.some((directory) => isReallyInside(directory, target));
}

function refuseRecent(facts: ReclaimFacts): Refusal | undefined {
  const { now, olderSeconds, inspection } = facts;
  const last = lastActivityOf(facts);
  const idleSeconds = last === undefined ? 0 : secondsBetween(last, now);
  if (olderSeconds === undefined || idleSeconds >= olderSeconds) return undefined;
  return {
    reason: "too_recent",
    detail: `${inspection.slot.path} was active at ${last?.toISOString() ?? "an unknown time"}`,
  };
}
