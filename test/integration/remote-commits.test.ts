import { copyFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;
let seed: string;
let count = 0;

/** The remote has a branch `f`, and on no branch a tag of each kind, a pull request and a note. */
beforeAll(() => {
  pool = new RealPool(0);
  seed = join(pool.root, "seed");
  git(seed, "remote", "add", "origin", pool.url);
  for (const name of ["light", "annotated", "pull"]) commitOnSide(name);
  git(seed, "tag", "v-light", "light");
  git(seed, "tag", "-a", "-m", "a release", "v-annotated", "annotated");
  git(seed, "notes", "add", "-m", "a note", "main");
  git(seed, "push", "-q", "origin", "v-light", "v-annotated", "pull:refs/pull/1/head", "refs/notes/*");
});

afterAll(() => {
  pool.destroy();
});

/** A commit on a branch of the seed alone; `main` stays checked out. */
function commitOnSide(name: string, from = "main"): void {
  git(seed, "checkout", "-q", "-B", name, from);
  commit(seed, name);
  git(seed, "checkout", "-q", "main");
}

function commit(workTree: string, name: string): void {
  writeFileSync(join(workTree, `${name}.txt`), `${name}\n`);
  git(workTree, "add", `${name}.txt`);
  git(workTree, "commit", "-q", "-m", name);
}

/** Gives `branch` of the remote another history. */
function forcePush(branch: string): void {
  commitOnSide(`${branch}-${++count}`);
  git(seed, "push", "-q", "-f", "origin", `${branch}-${count}:refs/heads/${branch}`);
}

function newSlot(): SlotPlace {
  pool.addSlot(++count);
  return new SlotPlace(pool, count);
}

function unsavedKinds({ gitDirectory, commonDirectory, path }: SlotPlace): Promise<string[]> {
  return readUnsavedWork({ gitDirectory, commonDirectory }, path, { holdsRecord: true, timeoutSeconds: 60 });
}

test.each<[string, (slot: SlotPlace) => void]>([
  ["tags of a clone that are on no branch", () => undefined],
  [
    "tags that a fetch brought",
    (slot) => {
      commitOnSide("late");
      git(seed, "push", "-q", "origin", "late:refs/tags/late");
      slot.run("fetch", "-q", "--tags", "origin");
      expect(slot.run("tag")).toContain("late");
    },
  ],
  [
    "what maintenance fetched ahead",
    (slot) => {
      commitOnSide("ahead");
      git(seed, "push", "-q", "origin", "ahead");
      slot.run("maintenance", "run", "--quiet", "--task=prefetch");
      expect(slot.run("for-each-ref", "--format=%(refname)")).toContain("refs/prefetch/remotes/origin/ahead");
    },
  ],
  ["notes of the remote", (slot) => slot.run("fetch", "-q", "origin", "refs/notes/*:refs/notes/*")],
  [
    "pull requests under names of their own",
    (slot) => slot.run("fetch", "-q", "origin", "+refs/pull/*/head:refs/pull/*"),
  ],
  [
    "pull requests that the configuration asks for",
    (slot) => {
      slot.run("config", "--add", "remote.origin.fetch", "+refs/pull/*/head:refs/pull/*");
      for (let round = 0; round < 2; round++)
        slot.run("fetch", "-q", "origin", ...(round === 0 ? [] : ["main"]));
    },
  ],
  [
    "a pull request as a branch",
    (slot) => {
      slot.run("fetch", "-q", "origin", "pull/1/head:pr-1");
      slot.run("fetch", "-q", "origin", "main");
    },
  ],
  [
    "a pull request that was looked at",
    (slot) => {
      slot.run("fetch", "-q", "origin", "pull/1/head");
      slot.run("checkout", "-q", "FETCH_HEAD");
    },
  ],
  [
    "a branch that the remote pushed over after the clone",
    (slot) => {
      slot.run("checkout", "-q", "f");
      forcePush("f");
      slot.run("fetch", "-q");
    },
  ],
  [
    "a branch that the remote pushed over twice",
    (slot) => {
      forcePush("f");
      slot.run("fetch", "-q");
      slot.run("checkout", "-q", "f");
      forcePush("f");
      slot.run("fetch", "-q");
    },
  ],
  [
    "a branch that the remote deleted",
    (slot) => {
      forcePush("g");
      slot.run("fetch", "-q");
      slot.run("checkout", "-q", "g");
      slot.run("checkout", "-q", "main");
      git(seed, "push", "-q", "origin", ":g");
      slot.run("fetch", "-q", "--prune");
    },
  ],
  [
    "what another remote has",
    (slot) => {
      const fork = join(pool.root, `fork-${count}`);
      git(pool.root, "clone", "-q", seed, fork);
      commit(fork, "forked");
      slot.run("remote", "add", "fork", fork);
      slot.run("fetch", "-q", "fork");
      slot.run("checkout", "-q", "-b", "forked", "fork/main");
    },
  ],
  [
    "a linked work tree in which nothing was done",
    (slot) => slot.run("worktree", "add", "-q", "--detach", join(pool.root, `tree-${count}`)),
  ],
  [
    "a commit that nothing leads to any more",
    (slot) => {
      commitWithoutTrace(slot, () => undefined);
    },
  ],
  [
    "what was fetched with options that have values",
    (slot) => {
      forcePush("k");
      slot.run("fetch", "-q", "--jobs", "2");
      forcePush("k");
      slot.run("fetch", "-q", "--jobs", "2", "origin", "k");
      slot.run("checkout", "-q", "k");
    },
  ],
  [
    "what was fetched from the remote's URL",
    (slot) => {
      forcePush("l");
      slot.run("fetch", "-q", pool.url, "l:refs/remotes/origin/l");
      slot.run("checkout", "-q", "l");
    },
  ],
  [
    "what was pushed",
    (slot) => {
      commit(slot.path, "pushed");
      slot.run("push", "-q", "origin", "HEAD:refs/heads/pushed");
    },
  ],
  [
    "the branches of a remote that was renamed",
    (slot) => {
      forcePush("m");
      slot.run("fetch", "-q");
      // They are on no branch, and the rename changes the log that tells when the clone was made.
      slot.run("tag", "-d", ...slot.run("tag").split("\n"));
      slot.run("remote", "rename", "origin", "upstream");
    },
  ],
  ["a copy of the index", (slot) => slot.run("read-tree", "--index-output=.git/index.copy", "HEAD")],
])("%s: no unsaved work", async (_, arrange) => {
  if (git(seed, "ls-remote", "origin", "f") === "") forcePush("f");
  const slot = newSlot();
  arrange(slot);
  expect(await unsavedKinds(slot)).toEqual([]);
});

/** Commits on a detached HEAD that leaves no trace but what `keep` makes of it. */
function commitWithoutTrace(slot: SlotPlace, keep: (slot: SlotPlace) => void): void {
  // Once their packs are written anew, nothing tells that they came with the clone.
  slot.run("tag", "-d", ...slot.run("tag").split("\n"));
  slot.run("checkout", "-q", "--detach");
  commit(slot.path, "own");
  keep(slot);
  slot.run("checkout", "-q", "main");
  // Those of the clone stay: they tell when it was made.
  slot.run("reflog", "expire", "--expire=now", "HEAD");
  slot.run("repack", "-adq");
}

test.each<[string, (slot: SlotPlace) => void]>([
  [
    "a tag of one's own",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("tag", "v-own"));
    },
  ],
  [
    "a tag of one's own, in a pack that kept an old time",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("tag", "v-own"));
      const packs = join(slot.gitDirectory, "objects", "pack");
      for (const name of readdirSync(packs)) utimesSync(join(packs, name), 1_000_000_000, 1_000_000_000);
    },
  ],
  [
    "an annotated tag of one's own",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("tag", "-a", "-m", "v", "v-own"));
    },
  ],
  [
    "a tag moved to one's own commit",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("tag", "-f", "v-light"));
    },
  ],
  [
    "a ref of any other name",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("update-ref", "refs/own/x", "HEAD"));
    },
  ],
  [
    "a ref of a remote that is not configured",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("update-ref", "refs/remotes/nobody/x", "HEAD"));
    },
  ],
  [
    "a ref at the top of the git directory",
    (slot) => {
      commitWithoutTrace(slot, ({ gitDirectory }) => {
        writeFileSync(join(gitDirectory, "wip"), `${slot.run("rev-parse", "HEAD")}\n`);
      });
      expect(slot.run("log", "-1", "--format=%s", "wip")).toBe("own");
    },
  ],
  [
    "a tracking ref that was made by hand",
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("update-ref", "refs/remotes/origin/own", "HEAD"));
    },
  ],
  [
    "a tracking ref that a rewrite moved",
    (slot) => {
      commitWithoutTrace(slot, () =>
        slot.run("update-ref", "-m", "filter-branch: rewrite", "refs/remotes/origin/main", "HEAD"),
      );
    },
  ],
  ...["origin/own", "origin/main"].map((name): [string, (slot: SlotPlace) => void] => [
    `a tracking ref ${name} that was fetched from the slot itself`,
    (slot) => {
      commitWithoutTrace(slot, () => slot.run("fetch", "-q", ".", `+HEAD:refs/remotes/${name}`));
    },
  ]),
  [
    "what was pushed into the slot itself",
    (slot) => {
      slot.run("init", "-q", "--bare", join(slot.gitDirectory, "inner"));
      slot.run("config", "remote.origin.pushurl", join(slot.gitDirectory, "inner"));
      commitWithoutTrace(slot, () => slot.run("push", "-q", "origin", "HEAD:refs/heads/own"));
      expect(slot.run("for-each-ref", "refs/remotes/origin/own")).not.toBe("");
    },
  ],
  ["a note of one's own", (slot) => slot.run("notes", "--ref=own", "add", "-m", "mine", "main")],
  [
    "what was fetched from this clone itself",
    (slot) => {
      slot.run("checkout", "-q", "-b", "own");
      commit(slot.path, "own");
      slot.run("remote", "add", "self", ".");
      slot.run("fetch", "-q", "self");
      slot.run("checkout", "-q", "main");
    },
  ],
  [
    "what was fetched from a directory that is no remote",
    (slot) => {
      const aside = join(pool.root, `aside-${count}`);
      git(pool.root, "clone", "-q", slot.path, aside);
      commit(aside, "own");
      slot.run("fetch", "-q", aside, "main");
      rmSync(aside, { recursive: true });
    },
  ],
  [
    "what was pushed before somebody pushed over it",
    (slot) => {
      slot.run("checkout", "-q", "-b", "h");
      commit(slot.path, "own");
      slot.run("push", "-q", "origin", "h");
      forcePush("h");
      slot.run("fetch", "-q");
      slot.run("checkout", "-q", "main");
    },
  ],
  [
    "a commit of a linked work tree elsewhere",
    (slot) => {
      const tree = join(pool.root, `tree-${count}`);
      slot.run("worktree", "add", "-q", "--detach", tree);
      commit(tree, "own");
      rmSync(join(slot.gitDirectory, "worktrees", `tree-${count}`, "logs"), { recursive: true });
    },
  ],
])("%s: unpushed", async (_, arrange) => {
  const slot = newSlot();
  arrange(slot);
  expect(await unsavedKinds(slot)).toEqual(["unpushed"]);
});

test("a log that was copied does not prove when the clone was made", async () => {
  const slot = newSlot();
  const log = join(slot.gitDirectory, "logs", "refs", "remotes", "origin", "HEAD");
  commitWithoutTrace(slot, () => slot.run("tag", "v-own"));
  const later = Date.now() / 1000 + 60.5;
  utimesSync(log, later, later);
  expect(await unsavedKinds(slot)).toEqual(["unpushed"]);
});

test.each<[string, (slot: SlotPlace) => string[]]>([
  [
    "the index of a linked work tree elsewhere",
    (slot) => {
      const tree = join(pool.root, `tree-${count}`);
      slot.run("worktree", "add", "-q", "--detach", tree);
      commitless(tree);
      return ["uncommitted"];
    },
  ],
  [
    "the index of a linked work tree that is gone",
    (slot) => {
      const tree = join(pool.root, `tree-${count}`);
      slot.run("worktree", "add", "-q", "--detach", tree);
      commitless(tree);
      rmSync(tree, { recursive: true });
      return ["uncommitted"];
    },
  ],
  [
    "an index under another name",
    (slot) => {
      commitless(slot.path);
      copyFileSync(join(slot.gitDirectory, "index"), join(slot.gitDirectory, "index.other"));
      slot.run("rm", "-q", "-f", "own.txt");
      return ["uncommitted"];
    },
  ],
])("%s names what no commit has", async (_, arrange) => {
  const slot = newSlot();
  const kinds = arrange(slot);
  expect(await unsavedKinds(slot)).toEqual(kinds);
});

function commitless(tree: string): void {
  writeFileSync(join(tree, "own.txt"), "own\n");
  git(tree, "add", "own.txt");
}
