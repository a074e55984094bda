import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees([]);
  git(trees.checkout, "checkout", "-q", "-b", "topic");
});

afterEach(() => {
  trees.destroy();
});

function commit(at: string, name: string, content: string): void {
  writeFileSync(join(at, name), content);
  git(at, "add", ".");
  git(at, "commit", "-q", "-m", name);
}

/** Two commits in the checkout, which its remote does not have. */
function work(): void {
  commit(trees.checkout, "one.txt", "one\n");
  commit(trees.checkout, "two.txt", "two\n");
}

/** What somebody did to the remote, fetched. */
function receive(): void {
  git(trees.checkout, "fetch", "-q", "origin");
}

async function look() {
  const checkouts = trees.source({ kind: "checkouts", name: "ci", paths: [trees.checkout] });
  const { pools } = await trees.manager(checkouts).snapshot({ deep: true });
  const slot = pools[0]?.slots[0];
  return [slot?.unsavedWork, slot?.arrival];
}

test("a clean checkout whose commits are in a remote ref has nothing to lose", async () => {
  expect(await look()).toEqual([[], "in_remote"]);
  const { printed } = await runWithoutConfig(trees, "why", trees.checkout, "--deep");
  expect(printed).toContain("nothing to lose: each commit is in a remote ref");
});

test("commits that no remote has are unsaved, and nothing hints that they arrived", async () => {
  work();
  expect(await look()).toEqual([["unpushed"], undefined]);
});

test("commits that a rebase brought to the remote are unsaved, with a hint by patch id", async () => {
  work();
  commit(trees.repository, "other.txt", "of somebody else\n");
  git(trees.repository, "fetch", "-q", trees.checkout, "topic");
  git(trees.repository, "cherry-pick", "FETCH_HEAD~1", "FETCH_HEAD");
  receive();
  expect(await look()).toEqual([["unpushed"], "by_patch_id"]);
});

test("commits that a squash brought are too, also if their files were changed further", async () => {
  work();
  git(trees.repository, "fetch", "-q", trees.checkout, "topic");
  git(trees.repository, "merge", "-q", "--squash", "FETCH_HEAD");
  git(trees.repository, "commit", "-q", "-m", "both as one");
  commit(trees.repository, "one.txt", "changed further\n");
  receive();
  expect(await look()).toEqual([["unpushed"], "by_patch_id"]);
});

test("a remote that has the same content by other changes is a hint by content", async () => {
  commit(trees.checkout, "new.txt", "first\n");
  commit(trees.checkout, "new.txt", "first\nsecond\n");
  commit(trees.repository, "new.txt", "second\n");
  commit(trees.repository, "new.txt", "first\nsecond\n");
  receive();
  expect(await look()).toEqual([["unpushed"], "by_content"]);
});

test("part of the work on the remote is no hint, and neither is an edit beside arrived commits", async () => {
  work();
  git(trees.repository, "fetch", "-q", trees.checkout, "topic");
  // Within a second, it would be the same commit without these words.
  git(trees.repository, "cherry-pick", "-x", "FETCH_HEAD~1");
  receive();
  expect(await look()).toEqual([["unpushed"], undefined]);
  git(trees.repository, "cherry-pick", "-x", "FETCH_HEAD");
  receive();
  writeFileSync(join(trees.checkout, "edit.txt"), "not committed\n");
  expect(await look()).toEqual([["unpushed", "untracked"], undefined]);
});

test("an amended commit that only the log remembers is not taken for arrived", async () => {
  work();
  git(trees.checkout, "commit", "-q", "--amend", "-m", "other words");
  writeFileSync(join(trees.checkout, "lost.txt"), "only in the log\n");
  git(trees.checkout, "add", ".");
  git(trees.checkout, "commit", "-q", "-m", "lost");
  git(trees.checkout, "reset", "-q", "--hard", "HEAD~1");
  git(trees.repository, "fetch", "-q", trees.checkout, "topic");
  git(trees.repository, "merge", "-q", "--squash", "FETCH_HEAD");
  git(trees.repository, "commit", "-q", "-m", "both as one");
  receive();
  expect(await look()).toEqual([["unpushed"], undefined]);
});
