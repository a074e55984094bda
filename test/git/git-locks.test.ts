import { utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readGitLocks } from "../../src/git/git-locks.ts";
import { readWorktreeLock } from "../../src/git/worktrees.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";
import { aFolder } from "./a-folder.ts";

test("a lock that is dated in the future is as old as its inode: else it would never be stale", () => {
  const directory = aFolder({ "index.lock": "", "gc.pid": "", locked: "" });
  const nextYear = new Date(Date.now() + 365 * 86_400_000);
  for (const name of ["index.lock", "gc.pid", "locked"])
    utimesSync(join(directory, name), nextYear, nextYear);
  const locks = [
    ...readGitLocks(uncachedReader, { gitDirectory: directory, commonDirectory: directory }),
    ...[readWorktreeLock(uncachedReader, directory)].filter((lock) => lock !== undefined),
  ];
  expect(locks).toHaveLength(3);
  for (const { modifiedAt } of locks) expect(modifiedAt.getTime()).toBeLessThan(Date.now() + 1000);
});

test.each([
  "NOTES_MERGE_REF.lock",
  "NOTES_MERGE_PARTIAL.lock",
  "AUTO_MERGE.lock",
  "MERGE_AUTOSTASH.lock",
  "objects/pack/multi-pack-index.d/multi-pack-index-chain.lock",
])("%s stops a merge of notes, or a command of a newer git", (lock) => {
  const directory = aFolder({ [lock]: "", "WORK.lock": "" });
  const locks = readGitLocks(uncachedReader, { gitDirectory: directory, commonDirectory: directory });
  expect(locks.map(({ path }) => path)).toEqual([join(directory, lock)]);
});
