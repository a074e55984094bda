import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reasonOfFinding } from "../../src/anomalies/corruption-reason.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { faults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { PoolTemplate } from "../kit/working-slot.ts";

/** A pool as the template has it, with the fault in its second slot. */
function breakSlot(fault: Fault, template: PoolTemplate): RealPool {
  template.reset();
  const slot = new SlotPlace(template.pool, 2);
  workIn(slot);
  fault.inject(slot);
  return template.pool;
}

/** Slot by slot, the reasons; healthy slots are left out. */
function reasonsBySlot(snapshot: Snapshot): Record<string, readonly string[]> {
  return Object.fromEntries(
    snapshot.anomalies.corruptedSlots.map(({ slotId, reasons }) => [slotId, reasons]),
  );
}

function depthsOf(snapshot: Snapshot, reason: string): string[] {
  const evidence = snapshot.pools.flatMap(({ slots }) => slots.flatMap((slot) => slot.evidence));
  return evidence
    .filter((finding) => reasonOfFinding(finding.code) === reason)
    .map((finding) => finding.depth);
}

describe.each(sampleLayouts("fault detection"))("in the %s layout", (layout) => {
  const ofLayout = faults.filter(({ layouts }) => layouts.includes(layout));
  const ofSlot = ofLayout.filter(({ scope }) => layout === "clone" || scope === "slot");
  const ofRepository = ofLayout.filter((fault) => !ofSlot.includes(fault));
  let template: PoolTemplate;

  beforeAll(() => {
    template = new PoolTemplate(layout);
  });

  afterAll(() => {
    template.destroy();
  });

  test.each(sampleOf(ofSlot, 8, `faults of ${layout} slots`))(
    "$name is named $reason, of its slot alone",
    async (fault) => {
      const pool = breakSlot(fault, template);
      const isDeep = fault.depth === "full";
      const seen = await lookAtPool(pool, { deep: isDeep });
      expect(Object.keys(reasonsBySlot(seen))).toEqual([pool.slotId(2)]);
      expect(reasonsBySlot(seen)[pool.slotId(2)]).toContain(fault.reason);
      expect(depthsOf(seen, fault.reason)).toContain(fault.depth);
      if (isDeep) expect(reasonsBySlot(await lookAtPool(pool))).toEqual({});
    },
  );

  test.each(sampleOf(ofRepository, 4, `faults of ${layout} repositories`))(
    "$name is one problem, and breaks every slot",
    async (fault) => {
      const pool = breakSlot(fault, template);
      const seen = await lookAtPool(pool, { deep: fault.depth === "full" });
      const problems = seen.pools.flatMap((one) => one.problems).map(({ code }) => code);
      expect(problems.filter((code) => code === `main_repo_${fault.reason}`)).toHaveLength(1);
      const reasons = reasonsBySlot(seen);
      expect(Object.keys(reasons)).toEqual([1, 2, 3].map((number) => pool.slotId(number)));
      for (const ofSlot of Object.values(reasons)) expect(ofSlot).toContain("main_repo_broken");
    },
  );
});

test("a worktree pool whose branches were all in packed-refs, which is gone, is not taken for one without commits", async () => {
  const pool = new RealPool(2, "worktree");
  try {
    const slot = new SlotPlace(pool, 2);
    slot.run("pack-refs", "--all");
    rmSync(join(slot.commonDirectory, "packed-refs"));
    expect(Object.values(reasonsBySlot(await lookAtPool(pool)))).toEqual([
      ["head_branch_missing"],
      ["head_branch_missing"],
    ]);
  } finally {
    pool.destroy();
  }
});
