import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { managerOf, releaseSlot } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo } from "../kit/salvage-place.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

async function release(): Promise<readonly string[]> {
  const { warnings } = await releaseSlot(pool, 1);
  return warnings;
}

function readUnsaved(slot: SlotPlace): Promise<string[]> {
  return readUnsavedWork(slot, slot.path, { holdsRecord: true, timeoutSeconds: 60 });
}

function addSubmodule(to: string, url: string, path: string): void {
  git(to, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, path);
  git(to, "commit", "-q", "-m", `submodule ${path}`);
}

/** Of a pool whose slot has a submodule `part`, and in it a submodule `inner`. @returns their work trees. */
function checkOutSubmodules(layout: RealPool["layout"]): { slot: string; part: string; inner: string } {
  pool = new RealPool(1, layout);
  const middle = join(pool.root, "middle");
  git(pool.root, "clone", "-q", pool.url, middle);
  addSubmodule(middle, pool.url, "inner");
  const slot = pool.slotPath(1);
  addSubmodule(slot, middle, "part");
  const update = ["submodule", "--quiet", "update", "--init", "--recursive"];
  git(slot, "-c", "protocol.file.allow=always", ...update);
  return { slot, part: join(slot, "part"), inner: join(slot, "part", "inner") };
}

function expectCleanSlot(slot: string): void {
  const status = git(slot, "status", "--porcelain", "--ignored").split("\n");
  expect(status.filter((line) => line !== "" && !line.endsWith(" slot.json"))).toEqual([]);
  expect(git(slot, "submodule", "status", "--recursive")).not.toMatch(/^[-+U]/m);
}

describe.each(sampleLayouts("submodules"))("submodules of a slot of layout %s", (layout) => {
  test("are what the commit records after a release, and their commits stay", async () => {
    const { slot, part, inner } = checkOutSubmodules(layout);
    await managerOf(pool).allocateSlot("demo");
    for (const place of [part, inner]) {
      writeFileSync(join(place, "file.txt"), "committed\n");
      git(place, "commit", "-q", "-a", "-m", "own");
      writeFileSync(join(place, "file.txt"), "staged\n");
      git(place, "add", "file.txt");
      writeFileSync(join(place, "untracked.txt"), "untracked\n");
    }
    const own = git(inner, "rev-parse", "HEAD");
    expect(await release()).toEqual([]);
    expectCleanSlot(slot);
    expect(readFileSync(join(inner, "file.txt"), "utf8")).toBe("content\n");
    expect(git(inner, "cat-file", "-t", own)).toBe("commit");
    const saved = listSalvages(pool.stateDir).length;
    await managerOf(pool).allocateSlot("demo");
    expect(listSalvages(pool.stateDir)).toHaveLength(saved);
  });

  test("end a merge that was begun in one", async () => {
    const { slot, part } = checkOutSubmodules(layout);
    await managerOf(pool).allocateSlot("demo");
    const base = git(part, "rev-parse", "HEAD");
    for (const side of ["one", "other"]) {
      git(part, "checkout", "-q", "-b", side, base);
      writeFileSync(join(part, "file.txt"), `${side}\n`);
      git(part, "commit", "-q", "-a", "-m", side);
    }
    expect(() => git(part, "merge", "-q", "one")).toThrow();
    await release();
    expectCleanSlot(slot);
    expect(git(part, "status")).not.toContain("merging");
  });

  test("that are not checked out are empty after a release, what was written there is saved", async () => {
    const { slot, part, inner } = checkOutSubmodules(layout);
    git(slot, "submodule", "--quiet", "deinit", "--force", "part");
    await managerOf(pool).allocateSlot("demo");
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, "file.txt"), "written by hand\n");
    expect(git(slot, "status", "--porcelain", "--ignored", "part")).toBe("");
    expect(await readUnsaved(new SlotPlace(pool, 1))).toContain("untracked");
    expect(await release()).toEqual([]);
    expect(readdirSync(part)).toEqual([]);
    const [salvage] = listSalvages(pool.stateDir);
    const restored = await restoreTo(pool, salvage?.id ?? "");
    expect(readFileSync(join(restored, "part", "inner", "file.txt"), "utf8")).toBe("written by hand\n");
  });

  test("stay as they are if their repository lacks what is recorded", async () => {
    const { slot, part } = checkOutSubmodules(layout);
    const lost = "1".repeat(40);
    git(slot, "update-index", "--cacheinfo", `160000,${lost},part`);
    git(slot, "commit", "-q", "-m", "a commit that was never pushed");
    await managerOf(pool).allocateSlot("demo");
    writeFileSync(join(part, "file.txt"), "edited\n");
    expect(await release()).toEqual([expect.stringContaining(`the submodule ${part} stays as it is`)]);
    expect(readFileSync(join(part, "file.txt"), "utf8")).toBe("edited\n");
  });
});

test.each(["clone", "worktree"] as const)(
  "a submodule whose settings name another work tree is told, also if its .git is a link as git-annex makes it (%s)",
  async (layout) => {
    const { part } = checkOutSubmodules(layout);
    const repository = join(new SlotPlace(pool, 1).gitDirectory, "modules", "part");
    rmSync(join(part, ".git"));
    symlinkSync(repository, join(part, ".git"));
    const reasons = async () => (await lookAtPool(pool)).pools[0]?.slots[0]?.reasons;
    expect(await reasons()).toEqual([]);
    git(part, "config", "core.worktree", "../gone");
    expect(await reasons()).toEqual(["submodule_corrupt"]);
  },
);

test("a submodule whose .git leads to the repository of another slot is left alone", async () => {
  const { slot, part } = checkOutSubmodules("clone");
  pool.addSlot(2);
  const neighbour = join(pool.slotPath(2), "mine");
  git(pool.slotPath(2), "init", "-q", "mine");
  writeFileSync(join(neighbour, "file.txt"), "theirs\n");
  git(neighbour, "add", ".");
  git(neighbour, "commit", "-q", "-m", "theirs");
  git(neighbour, "fetch", "-q", join(slot, ".git/modules/part"), "HEAD");
  const head = readFileSync(join(neighbour, ".git", "HEAD"), "utf8");
  await managerOf(pool).allocateSlot("demo");
  writeFileSync(join(part, ".git"), `gitdir: ${join(neighbour, ".git")}\n`);
  writeFileSync(join(part, "untracked.txt"), "untracked\n");
  await release();
  expect(readFileSync(join(neighbour, ".git", "HEAD"), "utf8")).toBe(head);
  expect(git(neighbour, "status", "--porcelain")).toBe("");
  expect(existsSync(join(part, "untracked.txt"))).toBe(true);
});
