import type { Stats } from "node:fs";
import { dirname } from "node:path";
import type { SharedPacks } from "../git/packs/shared-packs.ts";
import { listUnfinishedFiles, type UnfinishedFile } from "../git/objects/unfinished-files.ts";
import { isEnvironmentError } from "../platform/environment-error.ts";
import type { EntryKind } from "../platform/entry-kind.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { parsePoolTime } from "../pool/records/local-time.ts";
import {
  hasLockingGit,
  lastGitActivity,
  newest,
  processesInside,
  selectWork,
  type ProcessPlace,
} from "./activity.ts";
import { readHeartbeats } from "./heartbeats.ts";
import type { Finding } from "./finding.ts";
import { readGitLocks } from "../git/git-locks.ts";
import { readWorktreeLock, type WorktreeLock } from "../git/worktrees.ts";
import type { RunnerJobs } from "./runner-jobs.ts";
import { holdOn, type Holds } from "../pool/sources/holds.ts";
import { openMainRepository, type MainRepository } from "./probe/main-repository.ts";
import { readPoolUser, type RepositoryUser } from "./rights.ts";
import { probeRights } from "./probe/probe-rights.ts";
import { probeRepository } from "./probe/repository-probe.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { probeSubmodules } from "./probe/submodules.ts";
import { judgeOwner, processesOf, readLockOwner } from "./slot-owner.ts";
import type { Occupants } from "./occupants.ts";
import { withoutBlindFindings } from "./withhold-findings.ts";
import { locateRepository } from "./probe/worktree-links.ts";
import { SlotReader } from "../platform/slot-reader.ts";
import { writtenAt } from "../platform/written-at.ts";
import type { UnreadPlace } from "../platform/unread-path.ts";

/** What the files of a slot and of its pool show: true for as long as none of them changes. */
export type SlotFacts = Omit<
  SlotInspection,
  | "slot"
  | "inspectedAt"
  | "probedAt"
  | "hasGitProcessInPool"
  | "heartbeatAt"
  | "lastActivityAt"
  | "processes"
  | "owner"
  | "lockOwner"
  | "unsavedWork"
>;

function isRecorded({ reading }: Slot): boolean {
  return reading.kind !== "unrecorded";
}

/** The processes and claims around a slot at this moment. */
export interface SlotSurroundings {
  readonly now: Date;
  readonly timeZone: string;
  readonly heartbeats: ReadonlyMap<string, Date>;
  /** Undefined if the processes of this machine cannot be seen. */
  readonly processes: readonly ProcessPlace[] | undefined;
  /** What is known of slots whose pool keeps no records; undefined if there are none. */
  readonly unrecorded?: UnrecordedSurroundings | undefined;
}

/** The evidence of use for a slot without a record. */
export interface UnrecordedSurroundings {
  readonly occupants: Occupants;
  readonly jobs: RunnerJobs;
  readonly holds: Holds;
  readonly heartbeatMaxAgeSeconds: number;
}

/** What several slots have in common, read once for all of them. */
export interface SharedParts {
  /** The main repository of a worktree pool. */
  readonly main: MainRepository | undefined;
  readonly poolUser: RepositoryUser | undefined;
  readonly packs?: SharedPacks | undefined;
}

export function readSharedParts(reader: SlotReader, pool: Pool, packs?: SharedPacks): SharedParts {
  return { main: openMainRepository(reader, pool), poolUser: readPoolUser(pool), packs };
}

/** Gathers the facts that reading files shows; no git process, nothing written. */
export function readSlotFacts(
  reader: SlotReader,
  slot: Slot,
  pool: Pool,
  shared: SharedParts = readSharedParts(reader, pool),
): SlotFacts {
  return withoutBlindFindings(reader, assessSlot(reader, slot, pool, shared));
}

function assessSlot(
  reader: SlotReader,
  slot: Slot,
  pool: Pool,
  { main, poolUser, packs }: SharedParts,
): SlotFacts {
  const entry = reader.readEntry(slot.path);
  const base = { ...factsWithoutRepository(reader, slot, pool, main), ...describeDirectory(entry.stats) };
  const place = inspectPlace(reader, slot, pool, entry.kind);
  if (place !== undefined) return { ...base, findings: [...base.findings, place] };
  const located = locateRepository(reader, slot, pool);
  const { directories } = located;
  const owners = { slotOwner: entry.stats, poolUser };
  const rights = probeSlotRights(reader, slot, owners, directories?.gitDirectory);
  const findings = [...base.findings, ...located.findings, ...rights];
  if (directories === undefined || (slot.layout === "worktree" && main?.repository === undefined))
    return { ...base, directories, findings };
  const probe = probeRepository(reader, directories, {
    workTree: slot.path,
    root: slot.path,
    packs,
    shared: main?.repository,
  });
  const submodules = probeSubmodules(reader, directories, slot.path);
  // Those of a source are slots of their own, which somebody may use.
  const locks = readGitLocks(reader, directories, { leavesLinkedTrees: !isRecorded(slot) });
  const hasRemote = slot.layout === "clone" && probe.unsupported === undefined;
  return {
    ...base,
    directories,
    findings: [...findings, ...probe.findings, ...submodules.findings],
    unverified: [...probe.unverified, ...submodules.unverified],
    unread: [...base.unread, ...probe.unread, ...submodules.unread],
    gitLocks: [...base.gitLocks, ...locks, ...submodules.gitLocks],
    branch: probe.branch ?? base.branch,
    commit: probe.commit ?? base.commit,
    unsupported: probe.unsupported,
    unfinishedFiles: listOwnUnfinishedFiles(reader, slot, directories.commonDirectory),
    remoteUrl: hasRemote ? probe.remoteUrl : undefined,
    expectedRemoteUrl: hasRemote ? pool.repoUrl : undefined,
    gitActivityAt: lastGitActivity(reader, directories.gitDirectory),
    worktreeLock: readOwnLock(reader, slot, directories.gitDirectory),
  };
}

/** Git's lock on the work tree. If a record says who uses the slot, this lock says nothing. */
function readOwnLock(reader: SlotReader, slot: Slot, gitDirectory: string): WorktreeLock | undefined {
  return isRecorded(slot) ? undefined : readWorktreeLock(reader, gitDirectory);
}

/** Those of a main repository are reported once, for the repository. */
function listOwnUnfinishedFiles(reader: SlotReader, slot: Slot, commonDirectory: string): UnfinishedFile[] {
  return slot.layout === "clone" ? listUnfinishedFiles(reader, `${commonDirectory}/objects`) : [];
}

/** Rights are probed only if slot and pool have the same owner: another owner is a problem of its own. */
function probeSlotRights(
  reader: SlotReader,
  slot: Slot,
  { slotOwner, poolUser }: Record<"slotOwner" | "poolUser", RepositoryUser | undefined>,
  gitDirectory: string | undefined,
): Finding[] {
  if (slotOwner === undefined || slotOwner.uid !== poolUser?.uid) return [];
  const directories = gitDirectory === undefined ? [] : [gitDirectory];
  const ofRecord = isRecorded(slot) ? [dirname(slot.recordPath), slot.recordPath] : [];
  return probeRights(reader, slotOwner, directories, [slot.path, ...ofRecord]);
}

function describeDirectory(
  stats: Stats | undefined,
): Pick<SlotInspection, "ownerUid" | "directoryChangedAt"> {
  return { ownerUid: stats?.uid, directoryChangedAt: stats && writtenAt(stats) };
}

/** What is known of a slot whose repository was not looked into. */
function factsWithoutRepository(
  reader: SlotReader,
  slot: Slot,
  pool: Pool,
  main: MainRepository | undefined,
): Omit<SlotFacts, "ownerUid"> {
  const record = slot.reading.kind === "valid" ? slot.reading.record : undefined;
  const ofBranch = main?.inspection.findingsBySlot.get(slot.slotId) ?? [];
  return {
    findings: [...inspectRecord(reader, slot, pool), ...ofBranch],
    unverified: [],
    unread: readUnreadRecord(slot),
    mainRepository: main?.inspection,
    gitLocks: main?.inspection.locksBySlot.get(slot.slotId) ?? [],
    branch: record?.currentBranch,
    commit: record?.currentCommit,
    unsupported: main?.inspection.unsupported,
    directories: undefined,
    remoteUrl: undefined,
    expectedRemoteUrl: undefined,
    gitActivityAt: undefined,
  };
}

/** Facts that hold for a while, together with what is true at this moment. */
export function assembleInspection(
  slot: Slot,
  facts: SlotFacts,
  surroundings: SlotSurroundings,
  probedAt = surroundings.now,
): SlotInspection {
  const { now, timeZone, heartbeats } = surroundings;
  const heartbeatAt = newest([heartbeats.get(slot.slotId), recordedHeartbeat(slot, timeZone)]);
  const { processes, owner, lockOwner, hasGitProcessInPool } = describeUse(
    slot,
    facts,
    heartbeatAt,
    surroundings,
  );
  const isHeld = owner?.evidence === "hold" || owner?.evidence === "runner";
  const seenAt = isHeld || selectWork(processes ?? []).length > 0 ? now : undefined;
  return {
    slot,
    processes,
    owner,
    lockOwner,
    hasGitProcessInPool,
    inspectedAt: now,
    probedAt,
    heartbeatAt,
    lastActivityAt: newest([heartbeatAt, facts.gitActivityAt, seenAt]),
    unsavedWork: undefined,
    // Last, as V8 then copies five times faster, and each slot of each collection comes by here.
    ...facts,
  };
}

interface SlotUse extends Pick<SlotInspection, "processes" | "hasGitProcessInPool"> {
  readonly owner?: SlotInspection["owner"];
  readonly lockOwner?: SlotInspection["lockOwner"];
}

function describeUse(
  slot: Slot,
  facts: SlotFacts,
  heartbeatAt: Date | undefined,
  { now, processes, unrecorded }: SlotSurroundings,
): SlotUse {
  if (isRecorded(slot) || unrecorded === undefined) {
    const inside = processes === undefined ? undefined : processesInside(processes, slot.path);
    return { processes: inside, hasGitProcessInPool: findGitProcess(facts, processes) };
  }
  const { occupants, jobs, holds, heartbeatMaxAgeSeconds } = unrecorded;
  const { worktreeLock, ownerUid, mainRepository } = facts;
  const inside = processesOf(slot, occupants, ownerUid);
  const canSeeProcesses = occupants.kind === "seen";
  const lockOwner =
    worktreeLock === undefined ? undefined : readLockOwner(worktreeLock, { now, canSeeProcesses });
  const hold = holdOn(holds, slot.path);
  const known = { now, hold, heartbeatAt, heartbeatMaxAgeSeconds, worktreeLock, lockOwner };
  return {
    processes: inside,
    ...{ lockOwner, owner: judgeOwner({ ...known, processes: inside, job: jobs.get(slot.path) }) },
    hasGitProcessInPool: mainRepository === undefined ? undefined : hasGitAnywhere(occupants),
  };
}

/** A repository's work trees lie anywhere: a git in any of them may hold a lock of what they share. */
function hasGitAnywhere(occupants: Occupants): boolean | undefined {
  return occupants.kind === "seen" ? [...occupants.byPath.values()].some(hasLockingGit) : undefined;
}

/** A git command anywhere in the pool may hold a lock of the repository that its slots share. */
function findGitProcess(
  { mainRepository }: SlotFacts,
  processes: readonly ProcessPlace[] | undefined,
): boolean | undefined {
  if (mainRepository === undefined || processes === undefined) return undefined;
  const inside = processesInside(processes, dirname(mainRepository.path));
  return hasLockingGit(inside);
}

/** Looks at one slot alone, right now. */
export function inspectSlot(
  slot: Slot,
  context: Omit<SlotSurroundings, "heartbeats"> & { readonly pool: Pool; readonly stateDir: string },
): SlotInspection {
  const { times: heartbeats } = readHeartbeats(context.stateDir);
  return assembleInspection(slot, readSlotFacts(new SlotReader(), slot, context.pool), {
    ...context,
    heartbeats,
  });
}

function inspectRecord(reader: SlotReader, slot: Slot, pool: Pool): Finding[] {
  const at = { path: slot.recordPath, depth: "probe" as const };
  const { reading } = slot;
  if (reading.kind === "missing")
    return [{ ...at, code: "slot_json_missing", expected: "slot.json", found: "nothing" }];
  if (reading.kind === "unreadable" && !isEnvironmentError(reading.errorCode))
    return [{ ...at, code: "slot_json_unreadable", expected: "slot.json", found: reading.detail }];
  if (reading.kind === "invalid") {
    return reading.problems.map((problem) => ({
      ...at,
      code: "slot_json_invalid",
      expected: `${problem.field === "" ? "slot.json" : problem.field}: ${problem.expected}`,
      found: problem.found,
    }));
  }
  if (reading.kind !== "valid") return [];
  const { record } = reading;
  const expected: [string, string, string][] = [
    ["slot_id", slot.slotId, record.slotId],
    ["repo_name", pool.repoName, record.repoName],
    ["slot_path", slot.path, record.slotPath],
  ];
  const differing = expected.filter(([field, want, found]) =>
    field === "slot_path" ? !reader.isSamePlace(want, found) : want !== found,
  );
  return differing.map(([field, want, found]) => ({
    ...at,
    code: field === "slot_path" ? "slot_path_invalid" : "slot_json_mismatch",
    expected: `${field} ${want}`,
    found: JSON.stringify(found),
  }));
}

function readUnreadRecord({ reading, recordPath }: Slot): UnreadPlace[] {
  if (reading.kind !== "unreadable" || !isEnvironmentError(reading.errorCode)) return [];
  return [{ path: recordPath, detail: reading.errorCode }];
}

/** A slot that is gone, or whose directory leads out of the pool, is not looked into. */
function inspectPlace(reader: SlotReader, slot: Slot, pool: Pool, kind: EntryKind): Finding | undefined {
  const at = { path: slot.path, expected: "the slot's directory", depth: "probe" as const };
  if (kind === "missing") return { ...at, code: "slot_missing", found: "nothing" };
  const isSamePlace = (other: Slot): boolean => other !== slot && reader.isSamePlace(other.path, slot.path);
  if (kind === "link" && pool.slots.some(isSamePlace))
    return { ...at, code: "slot_shared", found: "a link to another slot" };
  if (kind !== "directory") return { ...at, code: "slot_path_invalid", found: `a ${kind}` };
  // A real directory right in the pool's needs no look at what leads there.
  const { root = pool.directory } = slot;
  if (dirname(slot.path) !== root && !reader.isReallyInside(root, slot.path))
    return { ...at, code: "slot_path_invalid", found: "a way out of the pool" };
  return undefined;
}

/** The neighbour, or an agent through it, may keep its heartbeat in slot.json. */
function recordedHeartbeat({ reading }: Slot, timeZone: string): Date | undefined {
  const value = reading.kind === "valid" ? reading.record.metadata["heartbeat_at"] : undefined;
  return typeof value === "string" ? parsePoolTime(value, timeZone)?.instant : undefined;
}
