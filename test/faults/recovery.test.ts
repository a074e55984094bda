import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { faultClasses, gitLocks, leaveGitLock, slotParts, type FaultClass } from "../kit/break-slot.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { fingerprint, PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;

function managerOf(pool: RealPool): PoolManager {
  const base = createDefaultConfig(pool.root);
  return new PoolManager({ config: { ...base, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir } });
}

function neighboursOf(pool: RealPool): Record<string, string> {
  const own = [1, 3].flatMap((other) => [pool.slotPath(other), pool.recordPath(other)]);
  const admin = pool.layout === "clone" ? [] : [1, 3].map((other) => slotParts(pool, other).gitDirectory);
  return fingerprint(...own, ...admin);
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

async function expectRecovered(
  pool: RealPool,
  fault: Pick<FaultClass, "inject" | "reason" | "isDeep">,
): Promise<void> {
  const slot = slotParts(pool, number);
  fault.inject(slot);
  const places = [pool.layout === "clone" ? slot.path : pool.directory, pool.stateDir];
  const readable = readableMarkers(...places);
  const neighbours = neighboursOf(pool);
  const deep = fault.isDeep === true;
  const manager = managerOf(pool);
  const report = await manager.autoRecover({ deep });
  expect(report, JSON.stringify(report.actions)).toMatchObject({
    corruptedIsolated: 0,
    errors: [],
  });
  // What a damaged pack of a shared repository took from a slot is mended slot by slot.
  const mostRecovered = deep && pool.layout === "worktree" ? 3 : 1;
  expect(report.corruptedRecovered).toBeGreaterThan(0);
  expect(report.corruptedRecovered).toBeLessThanOrEqual(mostRecovered);
  expect(neighboursOf(pool)).toEqual(neighbours);
  const left = readableMarkers(...places);
  expect([...readable].filter((marker) => !left.has(marker))).toEqual([]);
  const again = await manager.snapshot({ deep: true });
  expect(again.anomalies.corruptedSlots, JSON.stringify(again.anomalies.corruptedSlots)).toEqual([]);
  expect(again.errors).toEqual([]);
  const record = JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as object;
  expect(record).toMatchObject({ state: "available", slot_id: pool.slotId(number), repo_url: pool.url });
  expect(
    existsSync(join(pool.stateDir, "staging")) ? fingerprint(join(pool.stateDir, "staging")) : {},
  ).toEqual({});
  expectUsable(pool);
}

describe.each(["clone", "worktree"] as const)("in a %s pool", (layout) => {
  const template = new PoolTemplate(layout);
  beforeEach(() => {
    template.reset();
  });
  afterAll(() => {
    template.destroy();
  });

  const faults = faultClasses.filter(({ layouts }) => layouts.includes(layout));
  test.each(sampleOf(faults, 9, "recovery of faults"))(
    "[$row] a slot is recovered with its work where $name",
    async (fault) => {
      await expectRecovered(template.pool, fault);
    },
  );

  test.each(sampleOf(gitLocks, 3, "recovery of git locks"))(
    "a slot is recovered with its work where a killed git left $name",
    async (lock) => {
      await expectRecovered(template.pool, {
        reason: "git_lock_stale",
        inject: (slot) => {
          leaveGitLock(slot, lock);
        },
      });
    },
  );
});
