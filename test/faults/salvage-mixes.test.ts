import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { fillRemote, leaveRandomWork } from "../kit/random-work.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo, salvagePlaceOf } from "../kit/salvage-place.ts";
import { createRandom, runsInFull, sampleSeed } from "../kit/sample.ts";
import { digestTree } from "../kit/tree-digest.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const mixesOfLayout = runsInFull ? 100 : 4;
const seed = sampleSeed(`salvage of ${mixesOfLayout} mixes of work for each layout`);
const mixes = Array.from({ length: mixesOfLayout }, (_, index) => seed + index);

function listOwnCommits(directory: string): string[] {
  const listed = git(directory, "rev-list", "--branches", "--tags", "HEAD", "--not", "--remotes");
  return listed === "" ? [] : listed.split("\n");
}

/** What git says of a repository's own work, apart from what the remote has as well. */
function describeRepository(directory: string, ownCommits: readonly string[]): object {
  const list = (...args: string[]): string[] =>
    git(directory, ...args)
      .split("\n")
      .sort();
  const branches = list("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags/tag-*");
  return {
    head: git(directory, "rev-parse", "HEAD"),
    on: git(directory, "rev-parse", "--symbolic-full-name", "HEAD"),
    branches,
    stashes: git(directory, "stash", "list", "--format=%H %gs"),
    index: list("ls-files", "--stage", "-v"),
    trees: branches.map((line) => git(directory, "ls-tree", "-r", line.split(" ")[1] ?? "")),
    commits: ownCommits.map((id) => git(directory, "cat-file", "commit", id)),
  };
}

function describeFiles(directory: string): object {
  const isOwn = ([name]: readonly [string, string]): boolean => !/^(?:\.git(?:\/|$)|slot\.json$)/.test(name);
  return Object.fromEntries(Object.entries(digestTree(directory)).filter(isOwn));
}

describe.each(["clone", "worktree"] as const)("in a %s pool", (layout) => {
  test.each(mixes)("work comes back byte for byte although remote and pool are gone: mix %i", async (mix) => {
    const random = createRandom(mix);
    pool = new RealPool(2, layout);
    fillRemote(pool, [1, 2]);
    // Half of the salvages find their base in the store.
    if (random() < 0.5) await saveWork(salvagePlaceOf(pool, 2), "test", { isUnsavedWorkKnown: true });
    const second = Math.floor(Date.now() / 1000);
    await until("files older than the index", () => Math.floor(Date.now() / 1000) > second || undefined);
    leaveRandomWork(pool.slotPath(1), random);
    const ownCommits = listOwnCommits(pool.slotPath(1));
    const original = {
      repository: describeRepository(pool.slotPath(1), ownCommits),
      files: describeFiles(pool.slotPath(1)),
    };
    const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
    if (saved.kind !== "saved") throw new Error(JSON.stringify(saved));
    for (const lost of [pool.origin, pool.directory, join(pool.root, "seed"), join(pool.root, "filler")])
      rmSync(lost, { recursive: true });
    const restored = await restoreTo(pool, saved.salvageId);
    expect(describeFiles(restored)).toEqual(original.files);
    expect(describeRepository(restored, ownCommits)).toEqual(original.repository);
    expect(git(restored, "fsck", "--full", "--no-dangling", "--no-progress")).toBe("");
  });
});
