import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { moveToQuarantine } from "../../src/salvage/quarantine.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo, salvagePlaceOf, saveAndRestore } from "../kit/salvage-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

/** Puts another repository in the place of the slot's, its record kept. */
function replaceSlot(create: (path: string) => void): void {
  const slot = pool.slotPath(1);
  const made = join(pool.root, "made");
  create(made);
  cpSync(join(slot, "slot.json"), join(made, "slot.json"));
  rmSync(slot, { recursive: true });
  renameSync(made, slot);
}

function leaveWork(): { commit: string; stash: string } {
  const slot = pool.slotPath(1);
  writeFileSync(join(slot, "file.txt"), "unpushed\n");
  git(slot, "commit", "-q", "-a", "-m", "unpushed");
  writeFileSync(join(slot, "file.txt"), "stashed\n");
  git(slot, "stash", "-q");
  writeFileSync(join(slot, "file.txt"), "staged\n");
  git(slot, "add", "file.txt");
  writeFileSync(join(slot, "file.txt"), "unstaged\n");
  writeFileSync(join(slot, "untracked.txt"), "untracked\n");
  return { commit: git(slot, "rev-parse", "HEAD"), stash: git(slot, "rev-parse", "refs/stash") };
}

function expectWork(directory: string, { commit, stash }: { commit: string; stash: string }): void {
  expect(git(directory, "rev-parse", "HEAD")).toBe(commit);
  expect(git(directory, "show", "HEAD:file.txt")).toBe("unpushed");
  expect(git(directory, "show", `${stash}:file.txt`)).toBe("stashed");
  expect(git(directory, "show", ":file.txt")).toBe("staged");
  expect(readFileSync(join(directory, "file.txt"), "utf8")).toBe("unstaged\n");
  expect(readFileSync(join(directory, "untracked.txt"), "utf8")).toBe("untracked\n");
}

const kinds: readonly (readonly [string, () => void])[] = [
  [
    "with SHA-256 names",
    () => {
      replaceSlot((path) => {
        git(pool.root, "init", "-q", "-b", "main", "--object-format=sha256", path);
        writeFileSync(join(path, "file.txt"), "content\n");
        git(path, "add", "file.txt");
        git(path, "commit", "-q", "-m", "first");
      });
    },
  ],
  [
    "that is shallow",
    () => {
      const seed = join(pool.root, "seed");
      writeFileSync(join(seed, "file.txt"), "second\n");
      git(seed, "commit", "-q", "-a", "-m", "second");
      git(seed, "push", "-q", pool.origin, "main");
      replaceSlot((path) => git(pool.root, "clone", "-q", "--depth=1", pool.url, path));
    },
  ],
  [
    "that is partial",
    () => {
      git(pool.origin, "config", "uploadpack.allowFilter", "true");
      replaceSlot((path) => git(pool.root, "clone", "-q", "--filter=blob:none", pool.url, path));
    },
  ],
  ["with a split index", () => git(pool.slotPath(1), "update-index", "--split-index")],
];

test.each(kinds)("work comes back out of a repository %s", async (_name, prepare) => {
  pool = new RealPool(1);
  prepare();
  const work = leaveWork();
  expectWork(await saveAndRestore(pool, 1), work);
});

test("a slot that was moved to quarantine whole comes back like saved work", async () => {
  pool = new RealPool(1);
  const work = leaveWork();
  const { stateDir, stamp } = salvagePlaceOf(pool, 1);
  const slotId = pool.slotId(1);
  moveToQuarantine(pool.slotPath(1), {
    stateDir,
    stamp,
    slotId,
    within: pool.directory,
    note: () => undefined,
  });
  expectWork(await restoreTo(pool, `${stamp}-${slotId}`), work);
});
