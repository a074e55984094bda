import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { managerOf, releaseSlot } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";

/** Files that the slots hold, and files that they leave out. */
function fillRemote({ root, url, origin }: RealPool): void {
  const clone = join(root, "filler");
  git(root, "clone", "-q", url, clone);
  for (const folder of ["in", "out"]) {
    mkdirSync(join(clone, folder));
    for (const name of ["one", "two"]) writeFileSync(join(clone, folder, name), `${folder} ${name}\n`);
  }
  git(clone, "add", ".");
  git(clone, "commit", "-q", "-m", "second");
  git(clone, "push", "-q", origin, "HEAD");
  git(origin, "config", "uploadpack.allowFilter", "true");
}

/** Of one slot, which has the content of the files below `in` alone. */
class SparsePool extends RealPool {
  constructor(layout: RealPool["layout"]) {
    super(1, layout);
    git(this.slotPath(1), "sparse-checkout", "set", "in");
  }

  protected override makeMainRepository(): void {
    fillRemote(this);
    git(this.root, "clone", "-q", "--bare", "--filter=blob:none", this.url, this.mainRepository);
  }

  override addSlot(number: number): void {
    super.addSlot(number);
    if (this.layout === "worktree") return;
    fillRemote(this);
    const record = readFileSync(this.recordPath(number));
    rmSync(this.slotPath(number), { recursive: true });
    git(this.root, "clone", "-q", "--filter=blob:none", "--sparse", this.url, this.slotPath(number));
    writeFileSync(this.recordPath(number), record);
  }
}

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

async function release(): Promise<string | undefined> {
  const { salvageId } = await releaseSlot(pool, 1);
  return salvageId;
}

const slot = (...args: string[]): string => git(pool.slotPath(1), ...args);
const isThere = (name: string): boolean => existsSync(join(pool.slotPath(1), name));

function expectCleanSlot(): void {
  expect(slot("status", "--porcelain").replace(/^\?\? slot\.json$/m, "")).toBe("");
}

describe.each(sampleLayouts("sparse slots"))("in a partial clone (%s)", (layout) => {
  test("a sparse checkout stays what it was, allocation after allocation", async () => {
    pool = new SparsePool(layout);
    for (let count = 1; count <= 2; count++) {
      await managerOf(pool).allocateSlot("demo");
      rmSync(join(pool.slotPath(1), "in/one"));
      await release();
      expectCleanSlot();
      expect([isThere("in/one"), isThere("out/one"), isThere("out/two")]).toEqual([true, false, false]);
    }
  });

  test("what was written over a file that is left out is saved, and gone", async () => {
    pool = new SparsePool(layout);
    await managerOf(pool).allocateSlot("demo");
    mkdirSync(join(pool.slotPath(1), "out"));
    writeFileSync(join(pool.slotPath(1), "out/one"), "edited\n");
    const id = (await release()) ?? "";
    expectCleanSlot();
    expect(isThere("out")).toBe(false);
    const { stateDir, workspacesDir } = pool;
    const directory = join(pool.root, "restored");
    await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    expect(readFileSync(join(directory, "out/one"), "utf8")).toBe("edited\n");
  });
});

test.each(["clone", "worktree"] as const)(
  "a work tree whose repository has everything becomes whole, and stays so (%s)",
  async (layout) => {
    pool = new RealPool(1, layout);
    slot("commit", "-q", "--allow-empty", "-m", "next");
    slot("sparse-checkout", "set", "--no-cone", "nothing");
    expect(isThere("file.txt")).toBe(false);
    await managerOf(pool).allocateSlot("demo");
    expectCleanSlot();
    expect(isThere("file.txt")).toBe(true);
    slot("checkout", "-q", "-b", "before", "HEAD~1");
    writeFileSync(join(pool.slotPath(1), "file.txt"), "changed\n");
    slot("commit", "-q", "-a", "-m", "changed");
    slot("checkout", "-q", "-");
    expect(readFileSync(join(pool.slotPath(1), "file.txt"), "utf8")).toBe("content\n");
    expectCleanSlot();
  },
);
