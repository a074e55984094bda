import {
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  openSync,
  writeSync,
  closeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { withScratchCopy } from "../../src/git/scratch/scratch-repository.ts";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleLayouts } from "../kit/sample.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const committed = "content\n";
const edited = "CONTENT\n";

const secondOf = (milliseconds: number): number => Math.floor(milliseconds / 1000);
const laterThan = (second: number) => (): true | undefined => secondOf(Date.now()) > second || undefined;

/**
 * Writes `edited` in the second in which git wrote file and index. Git reads the file, because its entry is as young as
 * its index; whatever believes the entry alone takes the file for unchanged.
 */
async function editInSecondOfIndex(place: SlotPlace): Promise<void> {
  const file = join(place.path, "file.txt");
  const index = join(place.gitDirectory, "index");
  await until("an edit in the second of the index", async () => {
    writeFileSync(file, "other\n");
    await until("a new second", laterThan(secondOf(Date.now())));
    git(place.path, "reset", "-q", "--hard");
    const second = secondOf(statSync(index).mtimeMs);
    const descriptor = openSync(file, "r+");
    writeSync(descriptor, edited, 0);
    closeSync(descriptor);
    utimesSync(file, second, second);
    utimesSync(index, second, second);
    const { mtimeMs, ctimeMs } = statSync(file);
    return (secondOf(mtimeMs) === second && secondOf(ctimeMs) === second) || undefined;
  });
  await until("the second to end", laterThan(secondOf(statSync(index).mtimeMs)));
}

async function isSaved(): Promise<boolean> {
  const { root, stateDir, workspacesDir } = pool;
  for (const { id } of listSalvages(stateDir)) {
    const directory = join(root, `restored-${id}`);
    await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    if (readFileSync(join(directory, "file.txt"), "utf8") === edited) return true;
  }
  return false;
}

const takingAway = [
  {
    how: "a release",
    state: { state: "allocated", last_allocated_at: "2026-05-01T10:00:00.000000" },
    run: (manager: PoolManager) => manager.releaseSlot(pool.slotId(1)),
  },
  {
    how: "a forced release and the next allocation",
    state: { state: "allocated", last_allocated_at: "2020-05-01T10:00:00.000000" },
    run: async (manager: PoolManager) => {
      await manager.autoRecover({ forceReleaseLongAllocated: true, includeAlive: true });
      await manager.allocateSlot("demo");
    },
  },
  { how: "an allocation", state: {}, run: (manager: PoolManager) => manager.allocateSlot("demo") },
];

describe.each(sampleLayouts("racy edits"))("in a %s slot", (layout) => {
  const open = (): SlotPlace => {
    pool = new RealPool(1, layout);
    return new SlotPlace(pool, 1);
  };

  test.each(takingAway)(
    "an edit of the same size in the second of the index is not lost by $how",
    async ({ state, run }) => {
      const place = open();
      await editInSecondOfIndex(place);
      pool.writeRecord(1, state);
      const { stateDir, workspacesDir } = pool;
      const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
      await run(new PoolManager({ config }));
      const now = readFileSync(join(place.path, "file.txt"), "utf8");
      expect(now === edited || (now === committed && (await isSaved()))).toBe(true);
    },
  );

  test("an index that is written into a slot shows an edit in its own second", async () => {
    const place = open();
    const { gitDirectory, commonDirectory, path } = place;
    await editInSecondOfIndex(place);
    await withScratchCopy({ gitDirectory, commonDirectory }, (scratch) => {
      rmSync(join(gitDirectory, "index"));
      scratch.installIndex(join(gitDirectory, "index"), gitDirectory);
      return Promise.resolve();
    });
    expect(git(path, "status", "--porcelain", "file.txt")).toBe("M file.txt");
  });

  test("an edit in the second of a split index is unsaved work", async () => {
    const place = open();
    const { gitDirectory, commonDirectory, path } = place;
    git(path, "update-index", "--split-index");
    await editInSecondOfIndex(place);
    const kinds = await readUnsavedWork({ gitDirectory, commonDirectory }, path, {
      holdsRecord: pool.layout === "clone",
      timeoutSeconds: 60,
    });
    expect(kinds).toContain("uncommitted");
  });
});
