import { countOf } from "../platform/count-of.ts";
import type { Finding } from "../inspection/finding.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";
import { detectMainRepositoryFaults, type PoolSlotCounts } from "./detect-corrupted-slot.ts";
import type { SnapshotProblem } from "./pool-problem.ts";
import { selectLeftovers } from "./select-leftovers.ts";
import type { Thresholds } from "./thresholds.ts";

/** What inspections show that is no anomaly of a slot: formats, rights, and the repository that all slots share. */
export function findProblems(
  inspections: readonly SlotInspection[],
  counts: PoolSlotCounts,
  thresholds: Thresholds,
): SnapshotProblem[] {
  const ofSlots = inspections.flatMap(({ slot, mainRepository, unsupported: detail }) =>
    detail === undefined || mainRepository?.unsupported !== undefined
      ? []
      : [describeUnsupported(slot.path, detail, slot.slotId)],
  );
  return [
    ...ofSlots,
    ...inspections.flatMap(findClosedSlot),
    ...findLeftovers(inspections),
    ...findMainRepositoryProblems(inspections, counts, thresholds),
  ];
}

/** Where rights keep the slot's user from working, if anywhere: such a slot is not allocated. */
export function findClosedPlace(findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ code }) => code === "ownership");
}

export function describeClosedPlace({ path, expected, found }: Finding): string {
  return `${path}: ${expected}, but ${found}`;
}

function describeUnsupported(path: string, what: string, slotId?: string): SnapshotProblem {
  return { code: "unsupported", ...(slotId !== undefined && { slotId }), path, detail: `${path}: ${what}` };
}

function findClosedSlot({ slot: { slotId }, findings }: SlotInspection): SnapshotProblem[] {
  const closed = findClosedPlace(findings);
  if (closed === undefined) return [];
  const detail = `${describeClosedPlace(closed)}: give it back with chown, or recover the slot, which clones it again`;
  return [{ code: "ownership", slotId, path: closed.path, detail }];
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
  const closed = findClosedPlace(main?.findings ?? []);
  if (closed !== undefined) {
    const detail = `${describeClosedPlace(closed)}: give it back with chown`;
    problems.set("ownership", { code: "ownership", path: closed.path, detail });
  }
  if (main?.unsupported !== undefined)
    problems.set("unsupported", describeUnsupported(main.path, main.unsupported));
  return [...problems.values()];
}

/** What killed git commands left, of each slot that has some and once of a main repository. */
function findLeftovers(inspections: readonly SlotInspection[]): SnapshotProblem[] {
  const [first] = inspections;
  const ofMain = describeLeftovers(first?.mainRepository?.unfinishedFiles, first?.inspectedAt);
  const ofSlots = inspections.flatMap(({ slot, unfinishedFiles, inspectedAt }) =>
    describeLeftovers(unfinishedFiles, inspectedAt).map((told) => ({ ...told, slotId: slot.slotId })),
  );
  return [...ofMain, ...ofSlots];
}

function describeLeftovers(
  files: SlotInspection["unfinishedFiles"],
  now: Date | undefined,
): SnapshotProblem[] {
  const left = files === undefined || now === undefined ? [] : selectLeftovers(files, now);
  const [first] = left;
  if (first === undefined) return [];
  const bytes = left.reduce((sum, file) => sum + file.bytes, 0);
  const detail = `${bytes} bytes in ${countOf(left.length, "file")} that killed git commands left`;
  return [{ code: "leftovers", path: first.path, detail }];
}
