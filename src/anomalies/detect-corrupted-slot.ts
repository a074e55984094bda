import { join } from "node:path";
import { isHonouredByGit, type Finding, type FindingCode, type GitLock } from "../inspection/finding.ts";
import { hasLockingGit } from "../inspection/activity.ts";
import { stateOf } from "../inspection/slot-owner.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import { SlotState } from "../pool/records/slot-record.ts";
import type { CorruptedSlot } from "./anomaly.ts";
import { reasonOfFinding, type CorruptionReason } from "./corruption-reason.ts";
import { redactUrl } from "../platform/redact.ts";
import { isSameRemote } from "./remote-url.ts";
import type { Thresholds } from "./thresholds.ts";

/** What the pool as a whole says about a slot. */
export interface PoolSlotCounts {
  readonly readableSlots: number;
  readonly numSlots: number | undefined;
  /** Of the readable ones. */
  readonly allocatedSlots: number;
}

export interface SlotUse {
  /** Before an allocation ends, what its agent may change, such as the remote, must be repaired too. */
  readonly isAllocationEnding?: boolean;
}

/** Judges one slot's facts. Undefined if nothing is wrong, or if its format cannot be read. */
export function detectCorruptedSlot(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
  use: SlotUse = {},
): CorruptedSlot | undefined {
  return judgeFaults(inspection, selectFaults(inspection, counts, thresholds, use));
}

/** @param faults what `selectFaults` said of the slot */
export function judgeFaults({ slot }: SlotInspection, faults: readonly Finding[]): CorruptedSlot | undefined {
  if (faults.length === 0) return undefined;
  const reasons = faults.map(({ code }) => reasonOfFinding(code)).filter((reason) => reason !== undefined);
  if (reasons.length === 0) return undefined;
  const { slotId, repoName } = slot;
  const detail = describe(faults);
  return { kind: "corrupted_slot", slotId, repoName, reasons: [...new Set(reasons)], detail };
}

/** The findings that count as faults of this slot, in its state. */
export function selectFaults(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
  { isAllocationEnding = false }: SlotUse = {},
): readonly Finding[] {
  const { reading } = inspection.slot;
  const isAllocated = stateOf(inspection) === SlotState.ALLOCATED && !isAllocationEnding;
  const isPromised = counts.numSlots === undefined || counts.readableSlots < counts.numSlots;
  const counted = inspection.findings.filter((finding) => {
    if (finding.isShared === true) return false;
    if (finding.isPassing === true && hasLockingGit(inspection.processes ?? [])) return false;
    // A slot without a record may be in use at any time, so its owner may have chosen this.
    if (finding.code === "head_branch_unborn" || finding.isOwnersChoice === true)
      return !isAllocated && reading.kind !== "unrecorded";
    return finding.code !== "slot_json_missing" || isPromised;
  });
  if (reading.kind === "missing" && !isPromised) return [];
  return [
    ...counted,
    ...(isAllocated ? [] : selectRemoteChange(inspection, thresholds)),
    ...selectStateError(inspection),
    ...staleGitLocks(inspection, thresholds).map((lock) => describeLock(lock)),
    ...selectStaleWorktreeLock(inspection),
    ...selectMainRepositoryFault(inspection, counts, thresholds),
  ];
}

/** Stale git locks of a slot: old enough that no git command of an agent still runs on it. */
export function staleGitLocks(inspection: SlotInspection, thresholds: Thresholds): readonly GitLock[] {
  const isAllocated = stateOf(inspection) === SlotState.ALLOCATED;
  const isCareful = isAllocated || inspection.processes === undefined;
  const hasGit = hasLockingGit(inspection.processes ?? []);
  return hasGit ? [] : selectOldLocks(inspection.gitLocks, inspection.inspectedAt, isCareful, thresholds);
}

/** Stale locks of the main repository: while any slot is allocated, by the limit for allocated slots. */
export function staleSharedGitLocks(
  { mainRepository, hasGitProcessInPool, inspectedAt }: SlotInspection,
  { allocatedSlots }: PoolSlotCounts,
  thresholds: Thresholds,
): readonly GitLock[] {
  if (mainRepository === undefined || hasGitProcessInPool === true) return [];
  const isCareful = allocatedSlots > 0 || hasGitProcessInPool === undefined;
  return selectOldLocks(mainRepository.gitLocks, inspectedAt, isCareful, thresholds);
}

function selectOldLocks(
  locks: readonly GitLock[],
  now: Date,
  isCareful: boolean,
  thresholds: Thresholds,
): GitLock[] {
  const minutes = isCareful ? thresholds.staleGitLockMinutesAllocated : thresholds.staleGitLockMinutes;
  const isOld = ({ modifiedAt }: GitLock): boolean =>
    now.getTime() - modifiedAt.getTime() >= minutes * 60_000;
  return locks.filter((lock) => isOld(lock) && !isHonouredByGit(lock, now));
}

function describeLock(lock: GitLock): Finding {
  return {
    code: "git_lock_stale",
    path: lock.path,
    expected: "no lock, or a young one",
    found: `a lock of ${lock.modifiedAt.toISOString()}`,
    depth: "probe",
  };
}

/** The lock of `git worktree lock` whose owner has ended, in a work tree that nobody uses. */
function selectStaleWorktreeLock({ worktreeLock, lockOwner, owner }: SlotInspection): Finding[] {
  if (worktreeLock === undefined || lockOwner?.state !== "dead" || owner?.evidence !== "none") return [];
  return [
    {
      code: "worktree_lock_stale",
      path: worktreeLock.path,
      expected: `process ${lockOwner.pid}, which the lock names`,
      found: `no such process since the lock of ${worktreeLock.modifiedAt.toISOString()} was written`,
      depth: "probe",
    },
  ];
}

/** A fault of the main repository with the reason that it would be in a repository of one slot. */
export interface MainRepositoryFault {
  readonly reason: CorruptionReason;
  readonly finding: Finding;
}

/** What is wrong with the repository that the slots of a worktree pool share; the same for each of them. */
export function detectMainRepositoryFaults(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): readonly MainRepositoryFault[] {
  const locks = staleSharedGitLocks(inspection, counts, thresholds).map((lock) => describeLock(lock));
  const deep = inspection.findings.filter((finding) => finding.isShared === true);
  return [...(inspection.mainRepository?.findings ?? []), ...deep, ...locks].flatMap((finding) => {
    const reason = reasonOfFinding(finding.code);
    return reason === undefined ? [] : [{ reason, finding }];
  });
}

/** One finding, however much is wrong there: the pool's problems say what. */
function selectMainRepositoryFault(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): Finding[] {
  const first = detectMainRepositoryFaults(inspection, counts, thresholds)[0];
  if (first === undefined) return [];
  const { reason, finding } = first;
  const found = `${finding.found} (${reason})`;
  return [{ ...finding, code: "main_repo_broken", found, isShared: true }];
}

/** Credentials, a trailing `.git` and the configured aliases make no other remote. */
function selectRemoteChange(inspection: SlotInspection, { remoteAliases }: Thresholds): Finding[] {
  const { slot, remoteUrl, expectedRemoteUrl } = inspection;
  // The remote is unknown if the configuration cannot be read.
  if (inspection.isBlind === true) return [];
  if (expectedRemoteUrl === undefined || inspection.findings.some(({ code }) => hidesRemote(code))) return [];
  const accepted = [expectedRemoteUrl, ...remoteAliases];
  if (remoteUrl !== undefined && accepted.some((url) => isSameRemote(url, remoteUrl))) return [];
  return [
    {
      code: "remote_changed",
      path: join(slot.path, ".git", "config"),
      expected: `remote.origin.url ${redactUrl(expectedRemoteUrl)}`,
      found: remoteUrl === undefined ? "no remote.origin.url" : redactUrl(remoteUrl),
      depth: "probe",
    },
  ];
}

function hidesRemote(code: FindingCode): boolean {
  return code === "config_missing" || code === "config_invalid";
}

/** `error` without `isolated_at` is what the original manager writes when a clean-up failed. */
function selectStateError({ slot }: SlotInspection): Finding[] {
  if (slot.reading.kind !== "valid" || slot.reading.record.state !== SlotState.ERROR) return [];
  if (slot.reading.record.metadata["isolated_at"] !== undefined) return [];
  const at = { path: slot.recordPath, depth: "probe" as const };
  return [{ ...at, code: "state_error", expected: "a usable state", found: "state error" }];
}

const mostDescribedFindings = 3;

function describe(findings: readonly Finding[]): string {
  const texts = findings.map(({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`);
  const rest = texts.length - mostDescribedFindings;
  return [...texts.slice(0, mostDescribedFindings), ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}
