import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { faultNamed, sampledFaults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { largestFault } from "../kit/faults/index-file.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { createRandom, sampleOf, sampleSeed } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { fingerprint, PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;
const neighbours = [1, 3];

/** In the worktree layout a person decides about what lies outside the pool. */
const leftToPeople = ["slot directory leads out of the pool", ".git leads out of the pool"];

function managerOf({ root, workspacesDir, stateDir }: RealPool): PoolManager {
  return new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
}

/** A fault of what all slots share may need a new main repository, and then their admin directories are new too. */
function isOfRepository(fault: Fault, pool: RealPool): boolean {
  return pool.layout === "worktree" && fault.scope === "repository";
}

function neighboursOf(pool: RealPool, fault: Fault): Record<string, string> {
  const own = neighbours.flatMap((other) => [pool.slotPath(other), pool.recordPath(other)]);
  if (pool.layout === "clone" || isOfRepository(fault, pool)) return fingerprint(...own);
  return fingerprint(...own, ...neighbours.map((other) => new SlotPlace(pool, other).gitDirectory));
}

/** An agent can go on: git finds nothing wrong, and adds, commits and fetches. */
function expectUsable(pool: RealPool): void {
  const path = pool.slotPath(number);
  git(path, "fsck", "--full");
  git(path, "status", "--porcelain");
  writeFileSync(join(path, "next.txt"), "next\n");
  git(path, "add", "next.txt");
  git(path, "commit", "-q", "-m", "next");
  git(path, "fetch", "-q");
  expect(git(path, "config", "remote.origin.url")).toBe(pool.url);
}

async function expectRecovered(pool: RealPool, fault: Fault, deep: boolean): Promise<void> {
  const slot = new SlotPlace(pool, number);
  workIn(slot);
  // Without it, a slot whose state is lost is isolated: there is work in it.
  await rememberPool(pool);
  fault.inject(slot);
  // What is saved of the largest takes too long to be searched; its slot must be usable again all the same.
  const readable = (): Set<string> =>
    fault.name === largestFault ? new Set() : readableMarkers(pool.directory, pool.stateDir);
  const before = readable();
  const beside = neighboursOf(pool, fault);
  const manager = managerOf(pool);
  const { corruptedSlots: reported } = (await manager.snapshot({ deep: true })).anomalies;

  const report = await manager.autoRecover({ deep, allowPoolRebuild: true });

  const told = JSON.stringify(report, undefined, 1);
  const left = readable();
  expect([...before].filter((marker) => !left.has(marker))).toEqual([]);
  const again = await manager.snapshot({ deep: true });
  if (pool.layout === "worktree" && leftToPeople.includes(fault.name)) {
    expect(again.anomalies.corruptedSlots.map(({ slotId }) => slotId)).toContain(pool.slotId(number));
    return;
  }
  expect(neighboursOf(pool, fault)).toEqual(beside);
  expect(report, told).toMatchObject({ corruptedIsolated: 0, errors: [] });
  expect(report.corruptedRecovered, told).toBeGreaterThan(0);
  // Each slot that was reported, and no other: by its own repair, or by that of what all of them share.
  const repaired = report.actions.filter(({ reason }) => reason === "fault_gone").length;
  if (deep) expect(report.corruptedRecovered + repaired, told).toBe(reported.length);
  expect(again.anomalies.corruptedSlots, told).toEqual([]);
  expect(again.errors, told).toEqual([]);
  const record = JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as object;
  expect(record).toMatchObject({ state: "available", slot_id: pool.slotId(number), repo_url: pool.url });
  const staging = join(pool.stateDir, "staging");
  expect(existsSync(staging) ? fingerprint(staging) : {}).toEqual({});
  expectUsable(pool);
}

describeEachLayout((layout, template) => {
  const ofLayout = sampledFaults.filter(({ layouts }) => layouts.includes(layout));
  const random = createRandom(sampleSeed(`depths of recoveries, ${layout}`));
  // What a run that is not deep repairs must hold before a deep check too.
  const runs = ofLayout.map((fault) => ({ ...fault, isDeep: fault.depth === "full" || random() < 0.5 }));
  test.each(sampleOf(runs, 3, `recovery of ${layout} faults`))(
    "the slot is usable again with its work, and nothing beside it is changed, after: $name (deep: $isDeep)",
    async ({ isDeep, ...fault }) => {
      await expectRecovered(template.pool, fault, isDeep);
    },
  );
});

test("what a worktree pool's slot lacks of what all share is found by a run that looks at files alone", async () => {
  const template = new PoolTemplate("worktree");
  try {
    template.reset();
    await expectRecovered(template.pool, faultNamed("blob of HEAD empty"), false);
  } finally {
    template.destroy();
  }
});
