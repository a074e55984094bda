import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ScratchRepository } from "../../src/git/scratch/scratch-repository.ts";
import { managerOf, releaseSlot } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { runWhileSending } from "../kit/run-while-sending.ts";
import { restoreTo } from "../kit/salvage-place.ts";
import { sampleLayouts } from "../kit/sample.ts";

let pool: RealPool;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  pool.destroy();
});

const inSlot = (name: string): string => join(pool.slotPath(1), name);

const write = (name: string): void => {
  writeFileSync(inSlot(name), `${name} of the agent\n`);
};

/** The agent works each time that git is about to remove files, or to look for such. */
function workBeforeEachCleanUp(work: (count: number) => void): void {
  const { run } = ScratchRepository.prototype as { run: ScratchRepository["run"] };
  let count = 0;
  vi.spyOn(ScratchRepository.prototype, "run").mockImplementation(function (
    this: ScratchRepository,
    args,
    options,
  ) {
    if (args[0] === "clean") work(++count);
    return run.call(this, args, options);
  });
}

async function releaseAndRestore(): Promise<string> {
  const { salvageId } = await releaseSlot(pool, 1);
  if (salvageId === undefined) throw new Error("nothing was saved");
  rmSync(pool.origin, { recursive: true });
  return restoreTo(pool, salvageId);
}

function expectWork(directory: string, ...names: readonly string[]): void {
  for (const name of names)
    expect(readFileSync(join(directory, name), "utf8")).toBe(`${name} of the agent\n`);
}

describe.each(sampleLayouts("busy releases"))(
  "what an agent writes while its %s slot is released",
  (layout) => {
    test("is saved if it comes during the fetch", async () => {
      lend(layout);
      write("early.txt");
      writeWhileFetching("late.txt");
      expectWork(await releaseAndRestore(), "early.txt", "late.txt");
      expect(git(pool.slotPath(1), "status", "--porcelain", "--", ":!slot.json")).toBe("");
    });

    test("is saved if it comes after the work was saved", async () => {
      lend(layout);
      write("early.txt");
      workBeforeEachCleanUp((count) => {
        if (count > 1) return;
        write("late.txt");
        write("file.txt");
      });
      expectWork(await releaseAndRestore(), "early.txt", "late.txt", "file.txt");
      expect(git(pool.slotPath(1), "status", "--porcelain", "--", ":!slot.json")).toBe("");
    });

    test("is saved if nothing was unsaved before", async () => {
      lend(layout);
      workBeforeEachCleanUp((count) => {
        if (count === 1) write("late.txt");
      });
      expectWork(await releaseAndRestore(), "late.txt");
    });

    test("stays where it is if the agent goes on", async () => {
      lend(layout);
      write("early.txt");
      workBeforeEachCleanUp((count) => {
        write(`late-${count}.txt`);
      });
      const result = await managerOf(pool).releaseSlotDetailed(pool.slotId(1));
      expect(result).toMatchObject({ kind: "unusable", reason: "salvage_incomplete" });
      expectWork(pool.slotPath(1), "early.txt", "late-1.txt", "late-2.txt", "late-3.txt");
      expect(existsSync(inSlot("late-4.txt"))).toBe(false);
    });
  },
);

function lend(layout: "clone" | "worktree"): void {
  pool = new RealPool(1, layout);
  pool.writeRecord(1, { state: "allocated" });
}

/** The remote has something new, and its git runs a program of the user's while it answers. */
function writeWhileFetching(name: string): void {
  const seed = join(pool.root, "seed");
  git(seed, "commit", "-q", "--allow-empty", "-m", "new");
  git(seed, "push", "-q", pool.origin, "main");
  runWhileSending(pool, `echo '${name} of the agent' >'${inSlot(name)}'`);
}
