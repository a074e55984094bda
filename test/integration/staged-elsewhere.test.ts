import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

/** Content that the index of a linked work tree alone names, and that is in a pack. @returns its object id. */
function stageInLinkedTree(tree: string): string {
  const slot = pool.slotPath(1);
  git(slot, "worktree", "add", "-q", "--detach", tree);
  writeFileSync(join(tree, "work.txt"), "staged\n");
  git(tree, "add", "work.txt");
  const id = git(tree, "rev-parse", ":work.txt");
  writeFileSync(join(tree, "work.txt"), "written over\n");
  const { commonDirectory } = new SlotPlace(pool, 1);
  const packs = join(commonDirectory, "objects", "pack", "pack");
  execFileSync("git", ["-C", slot, "pack-objects", "-q", packs], { input: `${id}\n` });
  git(slot, "prune-packed", "-q");
  return id;
}

/** The ids of all objects that the salvages give back. */
async function savedObjects(): Promise<string> {
  const { stateDir, workspacesDir } = pool;
  const found: string[] = [];
  for (const { id } of listSalvages(stateDir)) {
    const directory = join(pool.root, `restored-${id}`);
    await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    git(directory, "gc", "-q", "--prune=now");
    found.push(git(directory, "cat-file", "--batch-all-objects", "--batch-check"));
  }
  return found.join("\n");
}

describe.each(["clone", "worktree"] as const)("in a %s slot", (layout) => {
  test.each([
    ["in a work tree inside the slot", "sound"],
    ["beside the index of another one that is damaged", "damaged"],
  ])("what is staged %s is saved, and is no garbage of the restored repository", async (_, state) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    const id = stageInLinkedTree(join(slot, ".wt", "one"));
    if (state === "damaged") {
      const tree = join(slot, ".wt", "two");
      git(slot, "worktree", "add", "-q", "--detach", tree);
      writeFileSync(git(tree, "rev-parse", "--path-format=absolute", "--git-path", "index"), "torn");
    }
    pool.writeRecord(1, { state: "allocated" });
    const { workspacesDir, stateDir } = pool;
    const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
    rmSync(join(slot, ".wt", "one", "file.txt"));
    await new PoolManager({ config }).releaseSlot(pool.slotId(1));
    expect(await savedObjects()).toContain(id);
  });
});
