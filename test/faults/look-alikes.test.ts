import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import type { Clock } from "../../src/platform/clock.ts";
import { lookAlikes } from "../kit/look-alikes.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";

let pool: RealPool;
let end: (() => Promise<void>) | undefined;

afterEach(async () => {
  await end?.();
  end = undefined;
  pool.destroy();
});

function problemsOf(snapshot: Snapshot): string[] {
  return snapshot.pools.flatMap(({ problems }) => problems.map(({ code }) => code));
}

describe.each(sampleLayouts("look-alikes"))("in the %s layout", (layout) => {
  const ofLayout = lookAlikes.filter(({ layouts }) => layouts.includes(layout));

  test.each(sampleOf(ofLayout, 4, `look-alikes of ${layout} slots`))(
    "$name accuses nobody, at any depth",
    async ({ arrange, problem }) => {
      pool = new RealPool(2, layout);
      end = await arrange(pool);
      for (const deep of [false, true]) {
        const seen = await lookAtPool(pool, { deep });
        expect(seen.anomalies.corruptedSlots).toEqual([]);
        expect(seen.errors).toEqual([]);
        expect(problemsOf(seen)).toEqual(problem === undefined ? [] : [problem]);
      }
    },
  );
});

/** Somebody else works in the pool while a check waits for its second look. */
function whileWaiting(...steps: readonly (() => void)[]): Clock {
  const left = [...steps];
  return {
    now: () => new Date(),
    sleep: () => {
      left.shift()?.();
      return Promise.resolve();
    },
  };
}

function promise(slotCount: number): void {
  const file = join(pool.directory, "pool.json");
  const record = JSON.parse(readFileSync(file, "utf8")) as object;
  writeFileSync(file, JSON.stringify({ ...record, num_slots: slotCount }));
}

describe.each(sampleLayouts("look-alikes"))("while the neighbour works in the %s layout", (layout) => {
  test("a slot that is removed during the check accuses nobody", async () => {
    pool = new RealPool(3, layout);
    const [, , third = ""] = [1, 2, 3].map((number) => pool.slotPath(number));
    rmSync(join(third, ".git"), { recursive: true });
    const clock = whileWaiting(
      () => {
        rmSync(third, { recursive: true });
      },
      () => {
        rmSync(join(pool.directory, "slot3"), { recursive: true, force: true });
        promise(2);
      },
    );
    const seen = await lookAtPool(pool, { clock });
    expect(seen.anomalies.corruptedSlots).toEqual([]);
    expect(seen.pools.flatMap(({ slots }) => slots.map(({ slotId }) => slotId))).toEqual(
      [1, 2].map((number) => pool.slotId(number)),
    );
  });

  test("a slot.json that is half written at the first look accuses nobody", async () => {
    pool = new RealPool(2, layout);
    const whole = readFileSync(pool.recordPath(2), "utf8");
    writeFileSync(pool.recordPath(2), whole.slice(0, 40));
    const clock = whileWaiting(() => {
      writeFileSync(pool.recordPath(2), whole);
    });
    expect((await lookAtPool(pool, { clock })).anomalies.corruptedSlots).toEqual([]);
  });

  test("a slot that is promised before its clone is finished accuses nobody", async () => {
    pool = new RealPool(2, layout);
    const finished = join(pool.root, "finished");
    renameSync(pool.slotPath(2), finished);
    const clock = whileWaiting(() => {
      renameSync(finished, pool.slotPath(2));
    });
    expect((await lookAtPool(pool, { clock })).anomalies.corruptedSlots).toEqual([]);
  });
});
