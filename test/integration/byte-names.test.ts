import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { isGitContent } from "../kit/is-git-content.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo } from "../kit/salvage-place.ts";

const number = 2;
const branch = Buffer.from("refs/heads/caf\xe9/\xff", "latin1");

/** Node gives text as UTF-8: the name of the branch comes from a file. */
function inShell(path: string, script: string): string {
  const args = ["-ec", `branch=$(cat "$1"); ${script}`, "sh", join(path, "..", "branch-name")];
  return execFileSync("sh", args, { cwd: path, encoding: "latin1" }).trim();
}

/** Lends the slot to an agent who commits on such a branch. @returns the commit. */
function workOnBranch(pool: RealPool): string {
  const path = pool.slotPath(number);
  writeFileSync(join(path, "..", "branch-name"), branch.subarray("refs/heads/".length));
  const allocated = formatPoolTime(new Date(Date.now() - 3_600_000), systemTimeZone());
  pool.writeRecord(number, { state: "allocated", last_allocated_at: allocated });
  inShell(path, `git checkout -q -b "$branch"`);
  writeFileSync(join(path, "work.txt"), "work\n");
  git(path, "add", "work.txt");
  git(path, "commit", "-q", "-m", "work");
  return git(path, "rev-parse", "HEAD");
}

async function readUnsavedWork(pool: RealPool): Promise<readonly string[] | undefined> {
  const { pools } = await lookAtPool(pool, { deep: true });
  return pools.flatMap(({ slots }) => slots).find(({ slotId }) => slotId === pool.slotId(number))
    ?.unsavedWork;
}

describeEachLayout((_, template) => {
  test.each(["loose", "packed"])(
    "work on a %s branch whose name is not UTF-8 is told, saved and given back under its name",
    async (form) => {
      const { pool } = template;
      const commit = workOnBranch(pool);
      const path = pool.slotPath(number);
      if (form === "packed") git(path, "pack-refs", "--all");

      const snapshot = await lookAtPool(pool, { deep: true });
      expect(snapshot.errors).toEqual([]);
      expect(snapshot.anomalies.corruptedSlots).toEqual([]);
      expect(await readUnsavedWork(pool)).toContain("unpushed");

      const { root, workspacesDir, stateDir } = pool;
      const manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
      await manager.releaseSlot(pool.slotId(number));
      expect(git(path, "status", "--porcelain")).toBe("");
      expect(isGitContent(path, "fsck", "--full")).toBe(true);
      expect(inShell(path, `git rev-parse "refs/heads/$branch"`)).toBe(commit);

      const [salvage] = listSalvages(stateDir);
      const restored = await restoreTo(pool, salvage?.id ?? "");
      const refs = execFileSync("git", ["for-each-ref", "--format=%(objectname) %(refname)"], {
        cwd: restored,
      });
      expect(refs.toString("latin1")).toContain(`${commit} ${branch.toString("latin1")}\n`);
      expect(git(restored, "rev-parse", "HEAD")).toBe(commit);
    },
  );
});

test("a branch whose name is not UTF-8 is unpushed work even if nothing else leads to it", async () => {
  const pool = new RealPool(2);
  try {
    workOnBranch(pool);
    const path = pool.slotPath(number);
    git(path, "checkout", "-q", "main");
    git(path, "reflog", "expire", "--expire=now", "--all");
    expect(await readUnsavedWork(pool)).toEqual(["unpushed"]);
  } finally {
    pool.destroy();
  }
});
