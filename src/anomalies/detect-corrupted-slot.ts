import type { Finding } from "../inspection/finding.ts";
import type { GitLock, SlotInspection } from "../inspection/slot-inspection.ts";
import { SlotState } from "../pool/slot-record.ts";
import type { CorruptedSlot } from "./anomaly.ts";
import { isCorruptionReason, type CorruptionReason } from "./corruption-reason.ts";
import type { Thresholds } from "./thresholds.ts";

/** What the pool as a whole says about whether a slot without slot.json is a fault. */
export interface PoolSlotCounts {
  readonly readableSlots: number;
  readonly numSlots: number | undefined;
}

/** Judges one slot's facts. Undefined where nothing is wrong, or where its format cannot be read. */
export function detectCorruptedSlot(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): CorruptedSlot | undefined {
  const findings = selectFaults(inspection, counts, thresholds);
  const reasons = [
    ...new Set(findings.map((finding) => reasonOf(finding)).filter((reason) => reason !== undefined)),
  ];
  if (reasons.length === 0) return undefined;
  const { slotId, repoName } = inspection.slot;
  return { kind: "corrupted_slot", slotId, repoName, reasons, detail: describe(findings) };
}

/** The findings that count as faults of this slot, in its state. */
export function selectFaults(
  inspection: SlotInspection,
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): readonly Finding[] {
  const { reading } = inspection.slot;
  const isAllocated = reading.kind === "valid" && reading.record.state === SlotState.ALLOCATED;
  const isPromised = counts.numSlots === undefined || counts.readableSlots < counts.numSlots;
  const counted = inspection.findings.filter((finding) => {
    if (finding.code === "head_branch_unborn" || finding.code === "remote_changed") return !isAllocated;
    return finding.code !== "slot_json_missing" || isPromised;
  });
  if (reading.kind === "missing" && !isPromised) return [];
  return [...counted, ...selectStateError(inspection), ...selectStaleGitLocks(inspection, thresholds)];
}

/** Stale git locks of a slot: old enough that no git command of an agent still runs on it. */
export function staleGitLocks(inspection: SlotInspection, thresholds: Thresholds): readonly GitLock[] {
  const { reading } = inspection.slot;
  const isAllocated = reading.kind === "valid" && reading.record.state === SlotState.ALLOCATED;
  const isCareful = isAllocated || inspection.processes === undefined;
  const minutes = isCareful ? thresholds.staleGitLockMinutesAllocated : thresholds.staleGitLockMinutes;
  const hasGit = inspection.processes?.some((place) => place.command.startsWith("git")) === true;
  if (hasGit) return [];
  return inspection.gitLocks.filter(
    (lock) => inspection.inspectedAt.getTime() - lock.modifiedAt.getTime() >= minutes * 60_000,
  );
}

function selectStaleGitLocks(inspection: SlotInspection, thresholds: Thresholds): Finding[] {
  return staleGitLocks(inspection, thresholds).map((lock) => ({
    code: "git_lock_stale",
    path: lock.path,
    expected: "no lock, or a young one",
    found: `a lock of ${lock.modifiedAt.toISOString()}`,
    depth: "probe",
  }));
}

/** `error` without `isolated_at` is what the original manager writes when a clean-up failed. */
function selectStateError({ slot }: SlotInspection): Finding[] {
  if (slot.reading.kind !== "valid" || slot.reading.record.state !== SlotState.ERROR) return [];
  if (slot.reading.record.metadata["isolated_at"] !== undefined) return [];
  return [
    {
      code: "state_error",
      path: slot.recordPath,
      expected: "a usable state",
      found: "state error",
      depth: "probe",
    },
  ];
}

const reasonsByFinding: Readonly<Record<string, CorruptionReason>> = {
  head_branch_lost: "head_branch_missing",
  head_branch_unborn: "head_branch_missing",
  alternates_broken: "alternates_broken",
};

function reasonOf(finding: Finding): CorruptionReason | undefined {
  return isCorruptionReason(finding.code) ? finding.code : reasonsByFinding[finding.code];
}

const mostDescribedFindings = 3;

function describe(findings: readonly Finding[]): string {
  const texts = findings.map(({ path, expected, found }) => `${path}: expected ${expected}, found ${found}`);
  const rest = texts.length - mostDescribedFindings;
  return [...texts.slice(0, mostDescribedFindings), ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ");
}
