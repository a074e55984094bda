import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;

/** The remote has the branches main, trunk and work, and its HEAD names none of them; the slots began on trunk. */
function start(layout: "clone" | "worktree" = "clone"): void {
  pool = new RealPool(0, layout);
  git(join(pool.root, "seed"), "push", "-q", pool.origin, "main:refs/heads/trunk", "main:refs/heads/work");
  git(pool.origin, "symbolic-ref", "HEAD", "refs/heads/trunk");
  if (layout === "worktree") {
    rmSync(pool.mainRepository, { recursive: true });
    git(pool.root, "clone", "-q", "--bare", pool.url, pool.mainRepository);
  }
  for (const number of [1, 2]) pool.addSlot(number);
  git(pool.origin, "symbolic-ref", "HEAD", "refs/heads/gone");
}

afterEach(() => {
  pool.destroy();
});

beforeEach(() => {
  start();
});

function manager(): PoolManager {
  const { workspacesDir, stateDir } = pool;
  return new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
}

const branchOf = (number: number): string => git(pool.slotPath(number), "symbolic-ref", "--short", "HEAD");
const withoutRepository = (number: number): void => {
  rmSync(join(pool.slotPath(number), ".git"), { recursive: true });
};

test("a slot that is cloned again is on the branch that its record names", async () => {
  pool.writeRecord(1, { current_branch: "work" });
  withoutRepository(1);
  expect(await manager().recoverSlot(pool.slotId(1))).toBe(true);
  expect(branchOf(1)).toBe("work");
});

test("a slot whose own branch the remote does not have is on the one that the slots beside it began on", async () => {
  pool.writeRecord(1, { current_branch: "agent's own" });
  withoutRepository(1);
  git(pool.origin, "symbolic-ref", "HEAD", "refs/heads/main");
  expect(await manager().recoverSlot(pool.slotId(1))).toBe(true);
  expect(branchOf(1)).toBe("trunk");
});

test("a new slot is on the branch that the others began on", async () => {
  await manager().addSlot("demo");
  expect(branchOf(3)).toBe("trunk");
});

test.each(["clone", "worktree"] as const)(
  "a new pool of a remote whose HEAD names nothing begins on a usual branch (%s)",
  async (layout) => {
    await manager().createPool("other", { repoUrl: pool.url, numSlots: 1, layout });
    const path = layout === "clone" ? "slot1" : "worktrees/slot1";
    const slot = join(pool.workspacesDir, "other", path);
    expect(git(slot, "rev-parse", "HEAD")).toBe(git(pool.origin, "rev-parse", "main"));
  },
);

test("the main repository of a worktree pool keeps its HEAD when it is cloned again", async () => {
  pool.destroy();
  start("worktree");
  rmSync(join(pool.mainRepository, "objects"), { recursive: true });
  await manager().autoRecover({ allowPoolRebuild: true });
  expect(git(pool.mainRepository, "symbolic-ref", "HEAD")).toBe("refs/heads/trunk");
  expect(git(pool.slotPath(2), "status", "--porcelain")).toBe("");
});

test.each([
  ["names an object that is gone", "1".repeat(40)],
  ["says nothing", "garbage"],
])(
  "a branch of the remote that %s keeps no slot from being made, nor the others away from it",
  async (_, text) => {
    writeFileSync(join(pool.origin, "refs", "heads", "bad"), `${text}\n`);
    withoutRepository(1);
    expect(await manager().recoverSlot(pool.slotId(1))).toBe(true);
    await manager().addSlot("demo");
    expect([branchOf(1), branchOf(3)]).toEqual(["main", "trunk"]);
    for (const number of [1, 3]) {
      expect(git(pool.slotPath(number), "config", "remote.origin.fetch")).toBe(
        "+refs/heads/*:refs/remotes/origin/*",
      );
    }
  },
);
