import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { managerOf, releaseSlot } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo } from "../kit/salvage-place.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const slot = (...args: string[]): string => git(pool.slotPath(1), ...args);
const admin = (name: string): string =>
  join(pool.layout === "clone" ? join(pool.slotPath(1), ".git") : pool.mainRepository, "worktrees", name);

async function release(): Promise<string> {
  const { salvageId } = await releaseSlot(pool, 1);
  return salvageId ?? "";
}

test.each(["clone", "worktree"] as const)(
  "an agent's work trees inside a slot are saved and gone after its release, and so is what git knows of them (%s)",
  async (layout) => {
    pool = new RealPool(1, layout);
    await managerOf(pool).allocateSlot("demo");
    slot("worktree", "add", "-q", ".agents/a", "-b", "agent-a");
    slot("worktree", "add", "-q", "--detach", ".agents/b");
    slot("worktree", "add", "-q", ".agents/gone", "-b", "agent-gone");
    slot("worktree", "lock", "--reason", "agent (pid 1)", ".agents/a");
    const inTree = (name: string): string => join(pool.slotPath(1), ".agents", name);
    writeFileSync(join(inTree("a"), "dirty.txt"), "dirty\n");
    git(inTree("b"), "commit", "-q", "--allow-empty", "-m", "detached");
    writeFileSync(join(inTree("b"), "staged.txt"), "staged and then deleted\n");
    git(inTree("b"), "add", ".");
    rmSync(join(inTree("b"), "staged.txt"));
    const detached = git(inTree("b"), "rev-parse", "HEAD");
    const staged = git(inTree("b"), "rev-parse", ":staged.txt");
    rmSync(inTree("gone"), { recursive: true });
    // As git writes it with worktree.useRelativePaths.
    writeFileSync(join(admin("b"), "gitdir"), `${relative(admin("b"), join(inTree("b"), ".git"))}\n`);

    const id = await release();

    const restored = join(pool.root, "restored");
    const { stateDir, workspacesDir } = pool;
    await restoreWork({ id, directory: restored, stateDir, workspacesDir, now: new Date() });
    expect(readFileSync(join(restored, ".agents", "a", "dirty.txt"), "utf8")).toBe("dirty\n");
    for (const object of [detached, staged]) git(restored, "cat-file", "-e", object);
    await managerOf(pool).allocateSlot("demo");
    for (const name of ["a", "gone"]) {
      expect(existsSync(admin(name))).toBe(false);
      slot("worktree", "add", "-q", `.agents/${name}`, `agent-${name}`);
    }
    slot("worktree", "add", "-q", "--detach", ".agents/b");
  },
);

test("the HEAD of an agent's work tree comes back although a damaged pack hides its commits", async () => {
  pool = new RealPool(1, "clone");
  slot("worktree", "add", "-q", "--detach", ".agents/a");
  const commit = slot("rev-parse", "HEAD");
  slot("repack", "-adq");
  const packs = join(pool.slotPath(1), ".git", "objects", "pack");
  const index = readdirSync(packs).find((name) => name.endsWith(".idx")) ?? "";
  rmSync(join(packs, index));
  writeFileSync(join(packs, index), "");
  writeFileSync(join(admin("a"), "HEAD"), "");

  expect(await managerOf(pool).autoRecover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

  expect(git(join(pool.slotPath(1), ".agents", "a"), "rev-parse", "HEAD")).toBe(commit);
});

test.each(["clone", "worktree"] as const)(
  "an agent's work tree whose last commit and index are lost goes on from the commit before, and fetch and gc of all slots (%s)",
  async (layout) => {
    pool = new RealPool(1, layout);
    const place = new SlotPlace(pool, 1);
    slot("worktree", "add", "-q", "--detach", ".agents/a");
    const tree = join(pool.slotPath(1), ".agents", "a");
    const commit = (message: string): string => {
      git(tree, "commit", "-q", "--allow-empty", "-m", message);
      return git(tree, "rev-parse", "HEAD");
    };
    const [kept, lost] = [commit("kept"), commit("lost")];
    writeFileSync(join(tree, "staged.txt"), "staged\n");
    git(tree, "add", ".");
    writeFileSync(join(pool.slotPath(1), "own.txt"), "staged in the slot\n");
    slot("add", "own.txt");
    const ownIndex = readFileSync(join(place.gitDirectory, "index"));
    rmSync(place.objectPath(lost));
    truncateSync(join(admin("a"), "index"), 60);
    expect(() => slot("fetch", "-q")).toThrow();
    expect(() => slot("gc", "-q")).toThrow();

    expect(await managerOf(pool).autoRecover()).toMatchObject({ corruptedRecovered: 1, errors: [] });

    expect(readFileSync(join(place.gitDirectory, "index"))).toEqual(ownIndex);
    expect(git(tree, "rev-parse", "HEAD")).toBe(kept);
    expect(git(tree, "status", "--porcelain")).toBe("?? staged.txt");
    slot("fetch", "-q");
    slot("gc", "-q");
    slot("fsck", "--full");
  },
);

test.each(["clone", "worktree"] as const)(
  "a work tree that a tool made inside the git directory is unsaved work, and is saved and gone as well (%s)",
  async (layout) => {
    pool = new RealPool(1, layout);
    await managerOf(pool).allocateSlot("demo");
    const place = new SlotPlace(pool, 1);
    const hidden = join(place.gitDirectory, "tmp", "subrepo", "lib");
    const unsavedKinds = () => readUnsavedWork(place, place.path, { holdsRecord: true, timeoutSeconds: 60 });
    slot("worktree", "add", "-q", hidden, "-b", "subrepo/lib");
    expect(await unsavedKinds()).toEqual([]);
    writeFileSync(join(hidden, "file.txt"), "a conflict that was resolved\n");
    expect(await unsavedKinds()).toEqual(["uncommitted"]);
    const restored = await restoreTo(pool, await release());
    const saved = join(restored, ".git", "salvage", "git", "tmp", "subrepo", "lib", "file.txt");
    expect(readFileSync(saved, "utf8")).toBe("a conflict that was resolved\n");
    slot("worktree", "add", "-q", hidden, "subrepo/lib");
    expect(git(hidden, "status", "--porcelain")).toBe("");
  },
);

test.each(["clone", "worktree"] as const)(
  "work trees beside a slot, and those of other slots, stay (%s)",
  async (layout) => {
    pool = new RealPool(2, layout);
    await managerOf(pool).allocateSlot("demo");
    pool.writeRecord(1, { state: "allocated" });
    const beside = join(pool.root, "beside");
    slot("worktree", "add", "-q", beside, "-b", "beside");
    mkdirSync(join(pool.root, "elsewhere"));
    symlinkSync(join(pool.root, "elsewhere"), join(pool.slotPath(1), "link"));
    slot("worktree", "add", "-q", "link/out", "-b", "out");
    await release();
    expect(git(beside, "status", "--porcelain")).toBe("");
    expect(git(join(pool.root, "elsewhere", "out"), "status", "--porcelain")).toBe("");
    expect(git(pool.slotPath(2), "rev-parse", "HEAD")).toBe(slot("rev-parse", "HEAD"));
  },
);
