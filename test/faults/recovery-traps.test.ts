import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { armDiversion, armTraps, diversions, trapPlaceOf, type ArmedTraps } from "../kit/arm-traps.ts";
import { breakForScenario, brokenSlot, killScenarios, type KillScenario } from "../kit/kill-scenarios.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";
import { sampleOf } from "../kit/sample.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

function open({ layout }: KillScenario): void {
  pool = new RealPool(3, layout);
}

const trapPlace = () => trapPlaceOf(pool.slotPath(brokenSlot), join(pool.root, "traps"));

/** A refusal is as good as a repair: what counts is what it left behind. */
async function recoverAndRestore(scenario: KillScenario, traps: ArmedTraps): Promise<void> {
  await breakAsFarAsItGoes(scenario);
  traps.startOver();
  const { status, stderr } = runProgram(pool, ...(scenario.args?.(pool) ?? ["recover"]));
  expect([0, 1, 4], stderr).toContain(status);
  const listed = z.array(z.object({ id: z.string() }));
  const salvages = listed.parse(JSON.parse(runProgram(pool, "salvage", "list", "--json").stdout));
  for (const { id } of salvages) {
    const restored = runProgram(pool, "salvage", "restore", id, "--to", join(pool.root, `restored-${id}`));
    expect(restored.status, restored.stderr).toBe(0);
  }
}

/** A way out may stand where the fault would be: the slot is broken enough then. */
async function breakAsFarAsItGoes(scenario: KillScenario): Promise<void> {
  try {
    await breakForScenario(scenario, pool);
  } catch {
    return;
  }
}

function expectUntouched(traps: ArmedTraps): void {
  expect(traps.fired()).toEqual([]);
  expect(traps.changedOutside()).toEqual([]);
}

describe("a slot that names programs", () => {
  test.each(sampleOf(killScenarios, 3, "traps on recovery"))(
    "has none of them run by recovery and restore in a $layout pool where $name",
    async (scenario) => {
      open(scenario);
      const traps = armTraps(trapPlace());
      await recoverAndRestore(scenario, traps);
      expectUntouched(traps);
    },
  );
});

const cases = killScenarios.flatMap((scenario) =>
  diversions.map((diversion) => ({
    scenario,
    diversion,
    name: scenario.name,
    way: diversion.name,
    layout: scenario.layout,
  })),
);

describe("a slot that leads away", () => {
  test.each(sampleOf(cases, 4, "diversions of recovery"))(
    "keeps recovery and restore inside a $layout pool where $name, and $way",
    async ({ scenario, diversion }) => {
      open(scenario);
      const traps = armDiversion(diversion, trapPlace());
      await recoverAndRestore(scenario, traps);
      expectUntouched(traps);
    },
  );
});
