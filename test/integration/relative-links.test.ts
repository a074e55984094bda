import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

beforeEach(() => {
  pool = new RealPool(2, "worktree");
});
afterEach(() => {
  pool.destroy();
});

/** As `git worktree repair --relative-paths` writes them. @returns the paths of both. */
function linkRelatively({ path, gitDirectory }: SlotPlace): string[] {
  const [gitFile, backlink] = [join(path, ".git"), join(gitDirectory, "gitdir")];
  writeFileSync(gitFile, `gitdir: ${relative(path, gitDirectory)}\n`);
  writeFileSync(backlink, `${relative(gitDirectory, gitFile)}\n`);
  return [gitFile, backlink];
}

function managerOf({ workspacesDir, stateDir, root }: RealPool): PoolManager {
  return new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
}

test("the links of a slot that is added are as those of the slots beside", async () => {
  for (const number of [1, 2]) linkRelatively(new SlotPlace(pool, number));
  await managerOf(pool).addSlot("demo");
  const added = new SlotPlace(pool, 3);
  expect(readFileSync(join(added.path, ".git"), "utf8")).toMatch(/^gitdir: \.\.\//);
  expect(readFileSync(join(added.gitDirectory, "gitdir"), "utf8")).toMatch(/^\.\.\//);
  expect(git(added.path, "status", "--porcelain")).toBe("");
});

test("links that were relative are relative again, by our copy or by the slots beside", async () => {
  const [files, ofOther] = [1, 2].map((number) => linkRelatively(new SlotPlace(pool, number)));
  const before = files?.map((path) => readFileSync(path, "utf8"));
  const manager = managerOf(pool);
  const loseAndRecover = async (): Promise<void> => {
    for (const path of files ?? []) rmSync(path);
    await manager.autoRecover({});
    expect(files?.map((path) => readFileSync(path, "utf8"))).toEqual(before);
    expect(git(pool.slotPath(1), "status", "--porcelain")).toBe("");
  };
  await loseAndRecover();
  await rememberPool(pool);
  const { path, gitDirectory } = new SlotPlace(pool, 2);
  writeFileSync(ofOther?.[0] ?? "", `gitdir: ${gitDirectory}\n`);
  writeFileSync(ofOther?.[1] ?? "", `${join(path, ".git")}\n`);
  await loseAndRecover();
});
