import { join } from "node:path";
import { expect, test } from "vitest";
import { armDiversion, armTraps, diversions, trapPlaceOf, type ArmedTraps } from "../kit/arm-traps.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { describeEachSource } from "../kit/describe-layouts.ts";
import { faults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { largestFault } from "../kit/faults/index-file.ts";
import type { RealPool } from "../kit/real-pool.ts";
import { createRandom, sampleOf, sampleSeed } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";

const number = 2;

/** What `recover PATH` has a step for. */
const repairable: ReadonlySet<string> = new Set([
  "head_missing",
  "head_invalid",
  "index_corrupt",
  "git_lock_stale",
]);
const linkReasons = /^worktree_/;

async function runAll(pool: RealPool): Promise<void> {
  const { path } = new SlotPlace(pool, number);
  for (const args of [
    ["check", pool.directory],
    ["check", pool.directory, "--deep"],
    ["why", path],
    ["salvage", "save", path],
    ["recover", path],
    ["reclaim", path, "--dry-run"],
    ["reclaim", path],
  ]) {
    const { warned } = await runWithoutConfig(pool, ...args, "--json");
    expect(warned, args.join(" ")).not.toContain("INTERNAL");
  }
}

function breakAsFarAsItGoes({ inject }: Fault, slot: SlotPlace): void {
  try {
    inject(slot);
  } catch {
    // A way out may stand where the fault would be: the tree is broken enough then.
  }
}

function expectUntouched(traps: ArmedTraps): void {
  expect(traps.fired()).toEqual([]);
  expect(traps.changedOutside()).toEqual([]);
}

describeEachSource("a hostile tree", ({ kind, layout }, template) => {
  const known = faults.filter(
    (fault) =>
      fault.layouts.includes(layout) &&
      fault.name !== largestFault &&
      (repairable.has(fault.reason) || linkReasons.test(fault.reason)),
  );
  const trapPlace = () => trapPlaceOf(template.pool.slotPath(number), join(template.pool.root, "traps"));

  test.each(sampleOf(known, 1, `faults of ${kind} that name programs`))(
    "has no program run that it names, and nothing outside changed, after: $name",
    async (fault) => {
      const slot = new SlotPlace(template.pool, number);
      workIn(slot);
      const traps = armTraps(trapPlace());
      breakAsFarAsItGoes(fault, slot);
      traps.startOver();
      await runAll(template.pool);
      expectUntouched(traps);
    },
  );

  const random = createRandom(sampleSeed(`a fault of ${kind} beside each way that leads away`));
  const cases = diversions.map((diversion) => {
    const fault = known[Math.floor(random() * known.length)]!;
    return { diversion, fault, names: `${diversion.name}, after: ${fault.name}` };
  });
  test.each(sampleOf(cases, 1, `ways that lead away from ${kind}`))(
    "leads no command away where $names",
    async ({ diversion, fault }) => {
      const slot = new SlotPlace(template.pool, number);
      workIn(slot);
      const traps = armDiversion(diversion, trapPlace());
      breakAsFarAsItGoes(fault, slot);
      traps.startOver();
      await runAll(template.pool);
      expectUntouched(traps);
    },
  );
});
