import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PrintedReclaimReport } from "../../src/views/reclaim-report.ts";
import { ageTree } from "../kit/age-tree.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { digestTreeWithTimes } from "../kit/tree-digest.ts";

let trees: AgentTrees;
let inside: ChildProcess | undefined;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  inside?.kill("SIGKILL");
  inside = undefined;
  trees.destroy();
});

const run = (...args: string[]) => runWithoutConfig(trees, ...args);

async function reclaim(...args: string[]): Promise<PrintedReclaimReport> {
  const { printed, warned } = await run("reclaim", ...args, "--json");
  expect(warned).toBe("");
  return JSON.parse(printed) as PrintedReclaimReport;
}

async function reclaimOne(path: string): Promise<string> {
  const { slots } = await reclaim(path);
  expect(slots).toMatchObject([{ slot_path: path, outcome: "done" }]);
  return slots[0]!.reclaim_id!;
}

test("what is younger than asked for is counted, and not listed", async () => {
  const report = await reclaim(join(trees.root, "src"), "--older", "7d");
  expect(report).toMatchObject({ candidates: 2, slots: [], bytes: 0 });
  const file = join(trees.root, "sidecar.yaml");
  writeFileSync(
    file,
    JSON.stringify({ sources: [{ name: "a", kind: "checkouts", paths: [trees.checkout] }] }),
  );
  expect((await run("reclaim", "--config.file", file)).printed).toContain("no source allows `reclaim`");
});

async function undo(id: string): Promise<void> {
  const { exitCode, printed } = await run("reclaim", "--undo", id);
  expect(printed).toContain("is back");
  expect(exitCode).toBe(0);
}

/** What a rename keeps: content, modes, times of content, and which file it is. */
function digest(directory: string): Record<string, string> {
  const entries = Object.entries(digestTreeWithTimes(directory));
  return Object.fromEntries(
    entries.map(([name, told]) => {
      const words = told.split(" ");
      // A rename sets the time of a change of what was renamed.
      return [name, name === "" ? words.toSpliced(-2, 1).join(" ") : told];
    }),
  );
}

const everything = (): string => join(trees.root, "src");
const placesOf = (name: string): string[] => [trees.tree(name), trees.admin(name)];

/** The tree of `name` and its registration are away, and everything else is as it was. */
function expectAway(name: string): void {
  for (const path of placesOf(name)) expect(existsSync(path)).toBe(false);
  expect(git(trees.repository, "worktree", "list")).not.toContain(trees.tree(name));
  expect(git(trees.repository, "branch", "--list", name)).toContain(name);
}

async function expectGoesAndComesBack(name: string): Promise<void> {
  const before = placesOf(name).map(digest);
  const id = await reclaimOne(trees.tree(name));
  expectAway(name);
  await undo(id);
  expect(placesOf(name).map(digest)).toEqual(before);
  git(trees.tree(name), "fsck");
  expect(readdirSync(join(stateDir(), "quarantine"))).toEqual([]);
}

const stateDir = (): string => join(trees.root, "home", ".local", "state", "repo-pool-sidecar");

describe("a work tree that nobody uses goes with its registration, and comes back byte for byte:", () => {
  test("a clean one", async () => {
    await expectGoesAndComesBack("one");
  });

  test("one with staged, changed, untracked and ignored files", async () => {
    const tree = trees.tree("one");
    writeFileSync(join(tree, "file.txt"), "staged\n");
    git(tree, "add", ".");
    writeFileSync(join(tree, "file.txt"), "changed\n");
    writeFileSync(join(tree, ".gitignore"), "ignored\n");
    writeFileSync(join(tree, "ignored"), "ignored\n", { mode: 0o600 });
    symlinkSync("/nowhere", join(tree, "link"));
    await expectGoesAndComesBack("one");
  });

  test("one with a submodule and its registration's own git directory", async () => {
    const tree = trees.tree("one");
    git(tree, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", trees.checkout, "parts/one");
    git(tree, "commit", "-q", "-m", "submodule");
    writeFileSync(join(tree, "parts", "one", "file.txt"), "changed inside\n");
    await expectGoesAndComesBack("one");
  });

  test("a sparse one, and one with a pointer of LFS whose filter is not here", async () => {
    const tree = trees.tree("one");
    mkdirSync(join(tree, "deep"));
    writeFileSync(
      join(tree, "deep", "big.bin"),
      "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    );
    writeFileSync(join(tree, ".gitattributes"), "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    git(tree, "add", ".");
    git(tree, "commit", "-q", "-m", "big");
    git(tree, "sparse-checkout", "set", "--no-cone", "/file.txt");
    await expectGoesAndComesBack("one");
  });

  test("one in the middle of a merge, on no branch, with a nested clone", async () => {
    const tree = trees.tree("one");
    git(tree, "checkout", "-q", "--detach");
    writeFileSync(join(tree, "file.txt"), "mine\n");
    git(tree, "commit", "-q", "-a", "-m", "mine");
    const other = git(tree, "commit-tree", "-p", "main", "-m", "theirs", "main^{tree}");
    git(tree, "merge", "-q", "--no-commit", "--no-ff", other);
    git(tree, "clone", "-q", trees.repository, join(tree, "nested"));
    await expectGoesAndComesBack("one");
  });
});

test("commits on no branch and staged content come back though git collected what nothing named", async () => {
  const tree = trees.tree("one");
  git(tree, "checkout", "-q", "--detach");
  writeFileSync(join(tree, "file.txt"), "committed on no branch\n");
  git(tree, "commit", "-q", "-a", "-m", "on no branch");
  const commit = git(tree, "rev-parse", "HEAD");
  writeFileSync(join(tree, "file.txt"), "staged\n");
  git(tree, "add", ".");
  const before = placesOf("one").map(digest);
  const id = await reclaimOne(tree);
  git(trees.repository, "reflog", "expire", "--expire=now", "--all");
  git(trees.repository, "gc", "-q", "--prune=now");
  expect(() => git(trees.repository, "cat-file", "-e", commit)).toThrow();
  await undo(id);
  expect(placesOf("one").map(digest)).toEqual(before);
  expect(git(tree, "show", ":file.txt")).toBe("staged");
  git(tree, "fsck");
});

test("what is reclaimed can be restored elsewhere, as any saved work", async () => {
  const tree = trees.tree("one");
  writeFileSync(join(tree, "file.txt"), "changed\n");
  const id = await reclaimOne(tree);
  const restored = join(trees.root, "restored");
  expect((await run("salvage", "restore", id, "--to", restored)).exitCode).toBe(0);
  expect(readFileSync(join(restored, "file.txt"), "utf8")).toBe("changed\n");
  expect(git(restored, "rev-parse", "HEAD")).toBe(git(trees.repository, "rev-parse", "one"));
});

test("a dry run tells the largest first and what would be saved, and changes nothing", async () => {
  for (const name of ["one", "two"])
    writeFileSync(join(trees.tree(name), "new"), Buffer.alloc(name === "two" ? 100_000 : 1));
  for (const name of ["one", "two"]) for (const path of placesOf(name)) ageTree(path, 8);
  const before = digestTreeWithTimes(everything());
  const report = await reclaim(everything(), "--older", "7d", "--dry-run");
  expect(report.dry_run).toBe(true);
  expect(
    report.slots.map(({ slot_path: path, outcome, unsaved_work: kinds }) => [path, outcome, kinds]),
  ).toEqual([
    [trees.tree("two"), "planned", expect.arrayContaining(["untracked"])],
    [trees.tree("one"), "planned", expect.arrayContaining(["untracked"])],
  ]);
  expect(report.bytes).toBeGreaterThan(100_000);
  expect(digestTreeWithTimes(everything())).toEqual(before);
  expect(existsSync(stateDir())).toBe(false);
});

test("below a directory only linked work trees of that age go, and no repository", async () => {
  for (const path of placesOf("one")) ageTree(path, 8);
  ageTree(trees.checkout, 8);
  const report = await reclaim(everything(), "--older", "7d");
  expect(report.slots.map(({ slot_path: path, outcome }) => [path, outcome])).toEqual([
    [trees.tree("one"), "done"],
  ]);
  expectAway("one");
  expect(existsSync(trees.checkout)).toBe(true);
});

describe("kept, and told why:", () => {
  async function expectKept(path: string, reason: string, ...args: string[]): Promise<void> {
    const before = digestTreeWithTimes(everything());
    const { exitCode, printed } = await run("reclaim", path, ...args, "--json");
    const { slots } = JSON.parse(printed) as PrintedReclaimReport;
    expect(slots).toMatchObject([{ outcome: "refused", reason }]);
    expect(exitCode).toBe(4);
    expect(digestTreeWithTimes(everything())).toEqual(before);
  }

  test("one in which a process works", async () => {
    inside = spawn("sleep", ["60"], { cwd: trees.tree("one"), stdio: "ignore" });
    await expectKept(trees.tree("one"), "allocation_alive");
  });

  test("one that is held", async () => {
    await run("hold", trees.tree("one"), "--for", "2h");
    await expectKept(trees.tree("one"), "allocation_alive");
  });

  test("one that git's lock is on, and one with a lock of a git command", async () => {
    git(trees.repository, "worktree", "lock", "--reason", "mine", trees.tree("one"));
    await expectKept(trees.tree("one"), "lock_held");
    writeFileSync(join(trees.admin("two"), "index.lock"), "");
    await expectKept(trees.tree("two"), "lock_held");
  });

  test("one that was active since", async () => {
    await expectKept(trees.tree("one"), "too_recent", "--older", "7d");
  });

  test("one with another work tree inside", async () => {
    git(trees.repository, "worktree", "add", "-q", "--detach", join(trees.tree("one"), "inner"));
    await expectKept(trees.tree("one"), "needed_elsewhere");
  });

  test("one with another work tree inside its registration", async () => {
    const inner = join(trees.admin("one"), "tmp", "inner");
    git(trees.repository, "worktree", "add", "-q", "--detach", inner);
    await expectKept(trees.tree("one"), "needed_elsewhere");
  });

  test("one with a nested clone that has work trees elsewhere", async () => {
    const nested = join(trees.tree("one"), "nested");
    git(trees.root, "clone", "-q", trees.repository, nested);
    git(nested, "worktree", "add", "-q", "--detach", join(trees.root, "outer"));
    await expectKept(trees.tree("one"), "needed_elsewhere");
  });

  test("one by whose repository a workspace of Jujutsu lives", async () => {
    const workspace = join(trees.root, "outer");
    const repository = join(trees.tree("one"), ".jj", "repo");
    for (const folder of [join(repository, "workspace_store"), join(workspace, ".jj")])
      mkdirSync(folder, { recursive: true });
    const path = Buffer.from(relative(repository, workspace));
    const place = Buffer.concat([Buffer.from([0x12, path.length]), path]);
    writeFileSync(
      join(repository, "workspace_store", "index"),
      Buffer.concat([Buffer.from([0x0a, place.length]), place]),
    );
    writeFileSync(join(workspace, ".jj", "repo"), relative(join(workspace, ".jj"), repository));
    await expectKept(trees.tree("one"), "needed_elsewhere");
  });

  test("a checkout that no source allows to be reclaimed", async () => {
    await expectKept(trees.checkout, "not_permitted");
  });

  test("one whose registration another tree may have", async () => {
    writeFileSync(join(trees.admin("one"), "gitdir"), `${trees.tree("two")}/.git\n`);
    await expectKept(trees.tree("one"), "unsafe_path");
  });
});

test("the main work tree is no slot, and nothing that belongs to it is moved", async () => {
  const before = digestTreeWithTimes(everything());
  const { exitCode, printed } = await run("reclaim", trees.repository);
  expect(exitCode).toBe(4);
  expect(printed).toContain("Name the work trees that are linked to it");
  expect(digestTreeWithTimes(everything())).toEqual(before);
});

test("what is reclaimed with a state directory of one's own comes back from there, though there are no pools", async () => {
  const stateDir = ["--state-dir", join(trees.root, "state")];
  const { slots } = await reclaim(trees.tree("one"), ...stateDir);
  const { exitCode, printed } = await run("reclaim", "--undo", slots[0]?.reclaim_id ?? "", ...stateDir);
  expect(printed).toContain("is back");
  expect(exitCode).toBe(0);
});

test("an undo waits while its place or its branch is taken", async () => {
  const id = await reclaimOne(trees.tree("one"));
  mkdirSync(trees.tree("one"));
  const taken = await run("reclaim", "--undo", id);
  expect(taken.printed).toContain("place_taken");
  expect(taken.exitCode).toBe(4);
  rmSync(trees.tree("one"), { recursive: true });
  git(trees.repository, "worktree", "add", "-q", join(trees.root, "elsewhere"), "one");
  expect((await run("reclaim", "--undo", id)).printed).toContain("needed_elsewhere");
  git(trees.repository, "worktree", "remove", join(trees.root, "elsewhere"));
  await undo(id);
  expect((await run("reclaim", "--undo", id)).warned).toContain("SALVAGE_UNKNOWN");
  expect((await run("history")).printed).toMatch(/ undo_reclaim +done /);
});

test("an undo waits while its branch is rebased elsewhere", async () => {
  writeFileSync(join(trees.tree("one"), "file.txt"), "one\n");
  git(trees.tree("one"), "commit", "-q", "-a", "-m", "one");
  const id = await reclaimOne(trees.tree("one"));
  writeFileSync(join(trees.repository, "file.txt"), "main\n");
  git(trees.repository, "commit", "-q", "-a", "-m", "main");
  const elsewhere = join(trees.root, "elsewhere");
  git(trees.repository, "worktree", "add", "-q", elsewhere, "one");
  expect(() => git(elsewhere, "rebase", "-q", "main")).toThrow();
  expect((await run("reclaim", "--undo", id)).printed).toContain("needed_elsewhere");
  git(elsewhere, "rebase", "--abort");
  git(elsewhere, "checkout", "-q", "--detach");
  await undo(id);
});

test("an undo says that its branch was moved, or is gone", async () => {
  const tree = trees.tree("one");
  const was = git(tree, "rev-parse", "HEAD");
  const next = git(tree, "commit-tree", "-p", "one", "-m", "by others", "one^{tree}");
  const untouched = await reclaimOne(tree);
  expect((await run("reclaim", "--undo", untouched)).printed).not.toContain("branch");
  const moved = await reclaimOne(tree);
  git(trees.repository, "branch", "-f", "one", next);
  const printed = (await run("reclaim", "--undo", moved)).printed;
  expect(printed).toContain(`its files come from ${was}, and its branch one is at ${next} by now`);
  const gone = await reclaimOne(tree);
  git(trees.repository, "branch", "-D", "one");
  expect((await run("reclaim", "--undo", gone)).printed).toContain("its branch one is gone");
});

test("several registrations gone at once keep every slot of that repository", async () => {
  const more = ["three", "four"].map((name) => join(trees.root, "disk", name));
  for (const path of more) git(trees.repository, "worktree", "add", "-q", path);
  rmSync(dirname(more[0]!), { recursive: true });
  const { slots } = await reclaim(trees.tree("one"));
  expect(slots).toMatchObject([{ outcome: "refused", reason: "vantage_suspect" }]);
});
