import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { badInputs, type BadInput } from "../kit/bad-input.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { programEnvironment, programFile } from "../kit/served-program.ts";

/** Far more than any check takes: who is not done by then waits for something that never comes. */
const patienceMilliseconds = 100_000;

const said = z.object({ code: z.string() });
const report = z.object({
  pools: z.array(z.object({ problems: z.array(said) })),
  corrupted_slots: z.array(z.object({ slot_id: z.string(), reasons: z.array(z.string()) })),
  errors: z.array(said),
});

let pool: RealPool;

/** In a process of its own: one that hangs or runs out of memory takes no test with it. */
function check(...options: string[]) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=256", programFile, "check", "--json", ...options],
    { encoding: "utf8", env: programEnvironment(pool), timeout: patienceMilliseconds, maxBuffer: 1024 ** 3 },
  );
  expect({ signal, stderr }).toEqual({ signal: null, stderr: "" });
  return { status, ...report.parse(JSON.parse(stdout)) };
}

describe.each(["clone"] as const)("in a slot of the %s layout", (layout) => {
  const ofLayout = badInputs.filter(({ layouts }) => layouts.includes(layout));

  afterEach(() => {
    pool.destroy();
  });

  test.each(sampleOf(ofLayout, 3, `bad input in ${layout} slots`))(
    "$name ends no check",
    (input: BadInput) => {
      pool = new RealPool(2, layout);
      const slot = new SlotPlace(pool, 2);
      workIn(slot);
      input.inject(slot);
      // Deep, which starts with all that a plain one does.
      const { status, corrupted_slots, errors } = check("--deep");
      const words = [...corrupted_slots.flatMap(({ reasons }) => reasons), ...errors.map(({ code }) => code)];
      if (input.said.length === 0) expect({ status, words }).toEqual({ status: 0, words: [] });
      else expect(input.said.filter((word) => words.includes(word))).not.toEqual([]);
    },
  );
});
