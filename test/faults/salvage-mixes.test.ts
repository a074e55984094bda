import { createHash } from "node:crypto";
import { lstatSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { fillRemote, leaveRandomWork } from "../kit/random-work.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo, salvagePlaceOf } from "../kit/salvage-place.ts";
import { createRandom, runsInFull, sampleLayouts, sampleSeed } from "../kit/sample.ts";
import { digestTree } from "../kit/tree-digest.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const mixesOfLayout = runsInFull ? 100 : 3;
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

/** Modification times of files and directories, in milliseconds: what a salvage keeps of them, and Node sets a little less. */
function readTimes(directory: string, round: (milliseconds: number) => number): object {
  const names = Object.keys(describeFiles(directory));
  const isTimed = (name: string): boolean => !lstatSync(join(directory, name)).isSymbolicLink();
  return Object.fromEntries(
    names.filter(isTimed).map((name) => [name, round(lstatSync(join(directory, name)).mtimeMs)]),
  );
}

/** A salvage names what differs from HEAD: what its trees hold is all the same everything. */
function expectWholeTrees(restored: string): void {
  const list = (...args: string[]): string[] =>
    git(restored, ...args)
      .split("\0")
      .filter((line) => line !== "")
      .sort();
  const staged = list("ls-files", "--stage", "-z").flatMap((line) => {
    const [, entry, path] = /^(\d+ [0-9a-f]+) 0\t(.*)$/s.exec(line) ?? [];
    return entry === undefined ? [] : [`${entry}\t${path}`];
  });
  const named = list(
    "ls-tree",
    "-r",
    "-z",
    "--format=%(objectmode) %(objectname)%x09%(path)",
    "refs/salvage/index",
  );
  expect(named).toEqual(staged.sort());
  const files = Object.keys(describeFiles(restored)).filter((name) => {
    const isFile = !lstatSync(join(restored, name)).isDirectory();
    return isFile && !name.split("/").includes(".git");
  });
  const saved = list(
    "ls-tree",
    "-r",
    "-z",
    "--format=%(objectmode) %(objectname)%x09%(path)",
    "refs/salvage/files:work",
  );
  const found = files.map((name) => `${describeBlob(join(restored, name))}\t${name}`);
  expect(saved).toEqual(found.sort());
}

function describeBlob(path: string): string {
  const stats = lstatSync(path);
  const content = stats.isSymbolicLink() ? Buffer.from(readlinkSync(path)) : readFileSync(path);
  const id = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  if (stats.isSymbolicLink()) return `120000 ${id}`;
  return `${(stats.mode & 0o100) === 0 ? "100644" : "100755"} ${id}`;
}

describe.each(sampleLayouts("mixed work"))("in a %s pool", (layout) => {
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
      times: readTimes(pool.slotPath(1), Math.floor),
    };
    const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
    if (saved.kind !== "saved") throw new Error(JSON.stringify(saved));
    for (const lost of [pool.origin, pool.directory, join(pool.root, "seed"), join(pool.root, "filler")])
      rmSync(lost, { recursive: true });
    const restored = await restoreTo(pool, saved.salvageId);
    expect(describeFiles(restored)).toEqual(original.files);
    expect(readTimes(restored, Math.round)).toEqual(original.times);
    expectWholeTrees(restored);
    expect(describeRepository(restored, ownCommits)).toEqual(original.repository);
    expect(git(restored, "fsck", "--full", "--no-dangling", "--no-progress")).toBe("");
  });
});
