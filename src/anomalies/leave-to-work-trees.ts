import type { InspectedPool } from "../inspection/inspection-result.ts";
import type { SlotInspection } from "../inspection/slot-inspection.ts";

/**
 * A checkout also finds the faults in the registrations of its linked work trees. If such a work tree is itself a slot, the
 * fault is reported for that slot alone: people go on working in the checkout.
 */
export function leaveToWorkTrees(pools: readonly InspectedPool[]): readonly InspectedPool[] {
  const broken = pools
    .filter(({ pool }) => pool.source !== undefined && pool.layout === "worktree")
    .flatMap(({ inspections }) => inspections.filter(({ findings }) => findings.length > 0));
  if (broken.length === 0) return pools;
  const told = new Set(broken.flatMap(({ findings }) => findings.map(({ path }) => path)));
  // One whose link is broken too is not looked at any further.
  const workTrees = new Set(broken.map(({ slot }) => slot.path));
  return pools.map(({ pool, inspections }) => ({
    pool,
    inspections:
      pool.source === undefined || pool.layout === "worktree" ? inspections : inspections.map(leave),
  }));

  function leave(inspection: SlotInspection): SlotInspection {
    const findings = inspection.findings.filter(
      ({ path, workTree = "" }) => !told.has(path) && !workTrees.has(workTree),
    );
    return findings.length === inspection.findings.length ? inspection : { ...inspection, findings };
  }
}
