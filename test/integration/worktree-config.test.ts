import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";

const pool = new RealPool(2, "worktree");

afterEach(() => {
  pool.destroy();
});

test("settings for each work tree, switched on while the main repository is bare, cost no work tree", async () => {
  const { workspacesDir, stateDir } = pool;
  const manager = new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
  git(pool.slotPath(1), "config", "extensions.worktreeConfig", "yes");
  writeFileSync(join(pool.slotPath(2), "mine.txt"), "mine\n");
  expect(() => git(pool.slotPath(2), "status")).toThrow("work tree");
  const inode = statSync(pool.slotPath(2)).ino;
  await manager.autoRecover({});
  expect(git(pool.slotPath(1), "status", "--porcelain")).toBe("");
  expect(git(pool.slotPath(2), "status", "--porcelain")).toBe("?? mine.txt");
  expect(statSync(pool.slotPath(2)).ino).toBe(inode);
  expect(git(pool.mainRepository, "rev-parse", "--is-bare-repository")).toBe("true");
  expect(await manager.detectCorruptedSlots()).toEqual([]);
});
