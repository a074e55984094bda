import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";

const pool = new RealPool(2, "worktree");

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

test("links that were relative are relative again, by our copy or by the slots beside", async () => {
  const [files, ofOther] = [1, 2].map((number) => linkRelatively(new SlotPlace(pool, number)));
  const before = files?.map((path) => readFileSync(path, "utf8"));
  const { workspacesDir, stateDir, root } = pool;
  const manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
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
