import type { SlotInspection } from "../inspection/slot-inspection.ts";
import { detectMainRepositoryFaults, type PoolSlotCounts } from "./detect-corrupted-slot.ts";
import type { SnapshotProblem } from "./pool-problem.ts";
import type { Thresholds } from "./thresholds.ts";

/** What inspections show that is no anomaly of a slot: formats, and the repository that all slots share. */
export function findProblems(
  inspections: readonly SlotInspection[],
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): SnapshotProblem[] {
  const ofSlots = inspections.flatMap(({ slot, mainRepository, unsupported: detail }) =>
    detail === undefined || mainRepository?.unsupported !== undefined
      ? []
      : [{ code: "unsupported" as const, slotId: slot.slotId, path: slot.path, detail }],
  );
  return [...ofSlots, ...findMainRepositoryProblems(inspections, counts, thresholds)];
}

/** One problem for each reason, with its first place. */
function findMainRepositoryProblems(
  inspections: readonly SlotInspection[],
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): SnapshotProblem[] {
  const problems = new Map<string, SnapshotProblem>();
  for (const inspection of inspections)
    for (const { reason, finding } of detectMainRepositoryFaults(inspection, counts, thresholds)) {
      const detail = `expected ${finding.expected}, found ${finding.found}`;
      if (!problems.has(reason))
        problems.set(reason, { code: `main_repo_${reason}`, path: finding.path, detail });
    }
  const main = inspections[0]?.mainRepository;
  if (main?.unsupported !== undefined)
    problems.set("unsupported", { code: "unsupported", path: main.path, detail: main.unsupported });
  return [...problems.values()];
}
