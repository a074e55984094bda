import { readFileSync } from "node:fs";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { faults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleSeed } from "../kit/sample.ts";
import { fingerprint, PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;
const pairsPerLayout = runsInFull ? 150 : 3;

function choosePairs(known: readonly Fault[], layout: string): [Fault, Fault][] {
  const random = createRandom(sampleSeed(`${pairsPerLayout} pairs of faults in a ${layout} pool`));
  const choose = (): Fault => known[Math.floor(random() * known.length)]!;
  return Array.from({ length: pairsPerLayout }, () => [choose(), choose()]);
}

/** The first may have taken away what the second would damage: then the slot has one fault. */
function injectBoth(pair: readonly Fault[], slot: SlotPlace): void {
  for (const { inject } of pair) {
    try {
      inject(slot);
    } catch {
      continue;
    }
  }
}

function expectUsable(pool: RealPool): void {
  const path = pool.slotPath(number);
  git(path, "fsck", "--full");
  git(path, "status", "--porcelain");
  git(path, "commit", "-q", "--allow-empty", "-m", "next");
}

describe.each(["clone", "worktree"] as const)("in a %s pool", (layout) => {
  const template = new PoolTemplate(layout);
  beforeEach(() => {
    template.reset();
  });
  afterAll(() => {
    template.destroy();
  });

  const ofLayout = faults.filter(({ layouts }) => layouts.includes(layout));
  test.each(
    choosePairs(ofLayout, layout).map((pair) => ({
      pair,
      names: pair.map(({ name }) => name).join(", and "),
    })),
  )("nothing is lost, and the slot is usable or isolated, where $names", async ({ pair }) => {
    const { pool } = template;
    const slot = new SlotPlace(pool, number);
    workIn(slot);
    injectBoth(pair, slot);
    const places = [layout === "clone" ? pool.slotPath(number) : pool.directory, pool.stateDir];
    const readable = readableMarkers(...places);
    const neighbours = fingerprint(
      pool.slotPath(1),
      pool.slotPath(3),
      pool.recordPath(1),
      pool.recordPath(3),
    );
    const { workspacesDir, stateDir } = pool;
    const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
    const manager = new PoolManager({ config });

    const report = await manager.autoRecover({ deep: true });

    const left = readableMarkers(...places);
    const story = JSON.stringify(report);
    expect(
      [...readable].filter((marker) => !left.has(marker)),
      story,
    ).toEqual([]);
    expect(
      fingerprint(pool.slotPath(1), pool.slotPath(3), pool.recordPath(1), pool.recordPath(3)),
      story,
    ).toEqual(neighbours);
    const { anomalies } = await manager.snapshot({ deep: true });
    if (report.errors.length === 0) {
      expect(anomalies.corruptedSlots, story).toEqual([]);
      expectUsable(pool);
    } else {
      expect(JSON.parse(readFileSync(pool.recordPath(number), "utf8")), story).toMatchObject({
        state: "error",
      });
    }
  });
});
