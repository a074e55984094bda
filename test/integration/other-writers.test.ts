import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ScratchRepository } from "../../src/git/scratch/scratch-repository.ts";
import { managerOf } from "../kit/manager-of.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runWhileSending } from "../kit/run-while-sending.ts";

let pool: RealPool;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  pool.destroy();
});

const countPath = (): string => join(pool.directory, "pool.json");

function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
}

/** A file with other content, beside the pool, to be copied over the one that is there. */
function prepare(name: string, content: Record<string, unknown>): string {
  const path = join(pool.root, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

/** What the pool manager writes when it has added a slot: it asks for no lock. */
function otherCount(numSlots: number): string {
  const count = { ...readJson(countPath()), num_slots: numSlots, metadata: { theirs: "kept" } };
  return prepare("other-pool.json", count);
}

/** The record of a slot that another program has allocated. */
function otherAllocation(number: number): string {
  const record = readJson(pool.recordPath(number));
  const metadata = { holder: "another program" };
  return prepare("other-slot.json", { ...record, state: "allocated", allocation_count: 1, metadata });
}

describe("a pool.json that another program writes while a slot is cloned or saved", () => {
  test("keeps what it says when the cloned slot is counted", async () => {
    pool = new RealPool(2);
    runWhileSending(pool, `cp '${otherCount(2)}' '${countPath()}'`);

    await managerOf(pool).addSlot("demo");

    expect(readJson(countPath())).toMatchObject({ num_slots: 3, metadata: { theirs: "kept" } });
  });

  test("keeps what it says when the saved slot is counted out", async () => {
    pool = new RealPool(3);
    writeFileSync(join(pool.slotPath(3), "work.txt"), "work\n");
    const theirs = otherCount(3);
    beforeFirstGit(() => {
      renameSync(theirs, countPath());
    });

    await managerOf(pool).removeSlot(pool.slotId(3));

    expect(readJson(countPath())).toMatchObject({ num_slots: 2, metadata: { theirs: "kept" } });
  });
});

test("a slot that another program makes under the same number stays, and both are told", async () => {
  pool = new RealPool(2);
  const theirs = join(pool.directory, "slot3");
  const count = `cp '${otherCount(3)}' '${countPath()}'`;
  runWhileSending(pool, `cp -r '${pool.slotPath(1)}' '${theirs}' && ${count}`);

  await expect(managerOf(pool).addSlot("demo")).rejects.toMatchObject({ code: "NOT_AVAILABLE" });

  expect(existsSync(join(theirs, ".git", "HEAD"))).toBe(true);
  expect(readJson(countPath())).toMatchObject({ num_slots: 3, metadata: { theirs: "kept" } });
});

describe("a slot that another program allocates although its lock is held", () => {
  test.each([
    ["its lock file was removed", (): string => `rm '${pool.lockPath(1)}'`],
    ["it asks for no lock", (): string => "true"],
  ])("keeps the allocation, and is not cloned anew: %s", async (_why, removeLock) => {
    pool = new RealPool(1);
    rmSync(join(pool.slotPath(1), ".git"), { recursive: true });
    const agent = join(pool.slotPath(1), "agent.txt");
    runWhileSending(
      pool,
      `${removeLock()}; cp '${otherAllocation(1)}' '${pool.recordPath(1)}'; echo work >'${agent}'`,
    );

    const report = await managerOf(pool).autoRecover();

    expect(report.actions.at(-1)).toMatchObject({ outcome: "refused", reason: "lock_held" });
    expect(readJson(pool.recordPath(1))).toMatchObject({ state: "allocated", allocation_count: 1 });
    expect(readFileSync(agent, "utf8")).toBe("work\n");
  });

  test("is not cloned anew once the lock file is gone, also before the other has written", async () => {
    pool = new RealPool(1);
    rmSync(join(pool.slotPath(1), ".git"), { recursive: true });
    runWhileSending(pool, `rm '${pool.lockPath(1)}'`);

    const report = await managerOf(pool).autoRecover();

    expect(report.actions.at(-1)).toMatchObject({ outcome: "refused", reason: "lock_held" });
    expect(existsSync(join(pool.slotPath(1), ".git"))).toBe(false);
  });

  test("is not allocated a second time", async () => {
    pool = new RealPool(1);
    const theirs = otherAllocation(1);
    beforeFirstGit(() => {
      renameSync(theirs, pool.recordPath(1));
    });

    expect(await managerOf(pool).allocateSlot("demo")).toBeUndefined();

    expect(readJson(pool.recordPath(1))).toMatchObject({ metadata: { holder: "another program" } });
  });

  test("is not removed", async () => {
    pool = new RealPool(1);
    writeFileSync(join(pool.slotPath(1), "work.txt"), "work\n");
    const theirs = otherAllocation(1);
    beforeFirstGit(() => {
      renameSync(theirs, pool.recordPath(1));
    });

    await expect(managerOf(pool).removeSlot(pool.slotId(1))).rejects.toMatchObject({ code: "LOCK_HELD" });

    expect(existsSync(join(pool.slotPath(1), "work.txt"))).toBe(true);
  });
});

/** Something else happens when git first looks at the slot. */
function beforeFirstGit(act: () => void): void {
  const { run } = ScratchRepository.prototype as { run: ScratchRepository["run"] };
  let hasRun = false;
  vi.spyOn(ScratchRepository.prototype, "run").mockImplementation(function (
    this: ScratchRepository,
    args,
    options,
  ) {
    if (!hasRun) act();
    hasRun = true;
    return run.call(this, args, options);
  });
}
