import { reasonOfFinding, type CorruptionReason } from "../../anomalies/corruption-reason.ts";
import { countSlots } from "../../anomalies/create-snapshot.ts";
import { judgeFaults, selectFaults } from "../../anomalies/detect-corrupted-slot.ts";
import { describeClosedPlace, findClosedPlace } from "../../anomalies/find-problems.ts";
import { detectLongAllocatedSlot } from "../../anomalies/detect-long-allocated-slot.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import type { Finding } from "../../inspection/finding.ts";
import { inspectPools } from "../../inspection/inspect-pools.ts";
import type { InspectionSettings } from "../../inspection/inspection-result.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Pool } from "../../pool/pool.ts";
import type { RepairReason } from "../plan/fault-parts.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";

/** One slot as it is now, and what is wrong with it. */
export interface SlotAssessment {
  readonly pool: Pool;
  readonly inspection: SlotInspection;
  /** Empty if nothing is wrong. */
  readonly reasons: readonly RepairReason[];
  /** See `Fault`. */
  readonly ownReasons: readonly RepairReason[];
  readonly detail: string;
  /** What the asked depth could not look at: nothing is then proven sound. */
  readonly unchecked: string | undefined;
}

export interface AssessmentScope {
  readonly inspection: InspectionSettings;
  readonly thresholds: Thresholds;
  readonly isDeep: boolean;
  /** An allocation that is too old ends in this run: the slot is judged as one that nobody has. */
  readonly endsOldAllocations?: boolean;
}

/** The same inspection and judgement that reported the slot; undefined if the pool has no such slot any more. */
export async function assessSlot(slot: NamedSlot, how: AssessmentScope): Promise<SlotAssessment | undefined> {
  const found = await inspectPools(how.inspection, {
    pool: slot.repoName,
    slotId: slot.slotId,
    deep: how.isDeep,
    // The step that is about to change the slot asks for its work itself, and later.
    faultsOnly: true,
  });
  for (const { pool, inspections } of found.pools) {
    const inspection = inspections.find((candidate) => candidate.slot.slotId === slot.slotId);
    if (inspection === undefined) continue;
    const isOld = detectLongAllocatedSlot(inspection, how.thresholds, inspection.inspectedAt) !== undefined;
    const use = { isAllocationEnding: isOld && how.endsOldAllocations === true };
    const faults = selectFaults(inspection, countSlots(pool), how.thresholds, use);
    const anomaly = judgeFaults(inspection, faults);
    const closed = findClosedPlace(inspection.findings);
    const error = found.errors.find(({ slotId }) => slotId === slot.slotId);
    return {
      pool,
      inspection,
      reasons: [...(anomaly?.reasons ?? []), ...(closed === undefined ? [] : (["ownership"] as const))],
      ownReasons: selectOwnReasons(inspection, faults),
      detail: anomaly?.detail ?? (closed === undefined ? "" : describeClosedPlace(closed)),
      unchecked: error?.detail,
    };
  }
  return undefined;
}

/** The reasons all of whose findings lie in the admin directory of a linked work tree. */
function selectOwnReasons(
  { directories }: SlotInspection,
  faults: readonly Finding[],
): readonly RepairReason[] {
  if (directories === undefined || directories.gitDirectory === directories.commonDirectory) return [];
  const isOwn = ({ path, isShared }: Finding): boolean =>
    isShared !== true && isInside(directories.gitDirectory, path);
  const reasonsOf = (findings: readonly Finding[]): CorruptionReason[] =>
    findings.map(({ code }) => reasonOfFinding(code)).filter((reason) => reason !== undefined);
  const others = reasonsOf(faults.filter((finding) => !isOwn(finding)));
  return [...new Set(reasonsOf(faults.filter(isOwn)))].filter((reason) => !others.includes(reason));
}
