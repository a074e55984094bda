import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AgentTrees } from "../kit/agent-trees.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { git } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { digestTree } from "../kit/tree-digest.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

function leaveStaleLock(gitDirectory: string): string {
  const path = join(gitDirectory, "index.lock");
  writeFileSync(path, "");
  utimesSync(path, Date.now() / 1000 - 7200, Date.now() / 1000 - 7200);
  return path;
}

test("recover PATH moves a stale lock of a work tree aside, and changes nothing else", async () => {
  const before = digestTree(join(trees.root, "src"));
  const path = leaveStaleLock(trees.admin("one"));
  const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(printed).toContain("move_git_lock done");
  expect(exitCode).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
});

test("recover PATH rebuilds a damaged index in place, and keeps every file", async () => {
  writeFileSync(join(trees.tree("one"), "file.txt"), "changed\n");
  writeFileSync(join(trees.admin("one"), "index"), "no index");
  const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(printed).toContain("rebuild_index done");
  expect(exitCode).toBe(0);
  expect(git(trees.tree("one"), "status", "--short")).toBe("M file.txt");
  expect(readFileSync(join(trees.tree("one"), "file.txt"), "utf8")).toBe("changed\n");
});

test("a source that does not allow it keeps its stale lock, and recover says so", async () => {
  const path = leaveStaleLock(trees.admin("one"));
  const manager = trees.manager(trees.source());
  const { slotId, repoName } = manager.requireWatchedSlot(trees.tree("one"));
  const request = manager.createRequest({ slotId, force: false, input: { pool: repoName } });
  expect(await manager.recover(request)).toMatchObject({
    actions: [
      {
        outcome: "refused",
        reason: "not_permitted",
        detail: "the source agents does not allow `move_git_lock`: add it to its `allow`",
      },
    ],
  });
  expect(existsSync(path)).toBe(true);
});

test("a run that names no slot leaves the slots of sources alone, and says so", async () => {
  const path = leaveStaleLock(trees.admin("one"));
  const manager = trees.manager(trees.source({ allow: ["move_git_lock", "repair"] }));
  expect(await manager.autoRecover()).toMatchObject({ actions: [], errors: [] });
  const { printed } = await runWithoutConfig(trees, "recover", "--config.file", writeConfig([]));
  expect(printed).toBe("nothing to do\nslots of sources are recovered one by one: `recover SLOT`");
  expect(existsSync(path)).toBe(true);
});

/** Of a source beside others. */
function writeConfig(others: readonly object[] = [{ name: "workspaces", kind: "managed" }]): string {
  const file = join(trees.root, "sidecar.yaml");
  mkdirSync(join(trees.root, "pools"), { recursive: true });
  const sources = [...others, { name: "agents", kind: "worktrees", repositories: [trees.repository] }];
  writeFileSync(file, JSON.stringify({ workspaces_dir: join(trees.root, "pools"), sources }));
  return file;
}

test("commands of the pool manager say of a source's pool or slot that it is one, and what to use instead", async () => {
  const file = writeConfig();
  const slots = await runWithoutConfig(trees, "slots", "--json", "--config.file", file);
  const [{ slot_id: slotId }] = JSON.parse(slots.printed) as [{ slot_id: string }];
  for (const args of [
    ["recover", "--pool", "agents-api"],
    ["allocate", "agents-api"],
    ["pool", "add-slot", "agents-api"],
    ["isolate", slotId, "--reason", "r"],
    ["release", slotId],
    ["pool", "remove-slot", slotId],
  ]) {
    const { exitCode, warned } = await runWithoutConfig(trees, ...args, "--config.file", file);
    expect([args, exitCode, warned]).toEqual([
      args,
      2,
      expect.stringMatching(
        /_UNKNOWN: .* is of the source agents, which has no pool manager: use `recover SLOT`/,
      ),
    ]);
  }
});

test("a pause covers a pool or a slot of a source", async () => {
  const file = writeConfig();
  const run = (...args: string[]) => runWithoutConfig(trees, ...args, "--config.file", file);
  const ofPool = await run("pause", "one", "--reason", "r", "--pool", "agents-api");
  expect([ofPool.exitCode, ofPool.printed]).toEqual([0, expect.stringContaining("pool agents-api")]);
  const ofSlot = await run("pause", "two", "--reason", "r", "--slot", trees.tree("one"));
  expect([ofSlot.exitCode, ofSlot.printed]).toEqual([0, expect.stringContaining("agents-api-one-")]);
});

test("a path that is no slot is answered with where sources are named, if there are none", async () => {
  const pools = join(trees.root, "pools");
  mkdirSync(pools);
  const { exitCode, warned } = await runWithoutConfig(
    trees,
    ...["heartbeat", trees.tree("one"), "--workspaces-dir", pools],
  );
  expect([exitCode, warned]).toEqual([
    2,
    expect.stringContaining("no sources are configured (`--config.file`)"),
  ]);
});

interface LinkLoss {
  readonly name: string;
  readonly lose: () => void;
}

const linkLosses: readonly LinkLoss[] = [
  {
    name: "the .git file of a work tree",
    lose: () => {
      rmSync(join(trees.tree("one"), ".git"));
    },
  },
  {
    name: "the .git file, which leads to another work tree's registration",
    lose: () => {
      writeFileSync(join(trees.tree("one"), ".git"), readFileSync(join(trees.tree("two"), ".git")));
    },
  },
  {
    name: "the link back",
    lose: () => {
      rmSync(join(trees.admin("one"), "gitdir"));
    },
  },
  {
    name: "commondir",
    lose: () => {
      writeFileSync(join(trees.admin("one"), "commondir"), "");
    },
  },
  {
    name: "HEAD, on a branch with a commit of its own",
    lose: () => {
      git(trees.tree("one"), "commit", "-q", "--allow-empty", "-m", "own");
      writeFileSync(join(trees.admin("one"), "HEAD"), "");
    },
  },
  {
    name: "HEAD, on the branch that it was made with",
    lose: () => {
      rmSync(join(trees.admin("one"), "HEAD"));
    },
  },
];

test.each(sampleOf(linkLosses, 2, "lost links"))(
  "recover PATH restores $name, and nothing else is changed",
  async ({ lose }) => {
    const source = join(trees.root, "src");
    const before = digestTree(source);
    lose();
    // What the loss itself adds, such as a commit, stays.
    const after = digestTree(source);
    const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
    expect(printed).toContain("restore_links done");
    expect(exitCode).toBe(0);
    const ofSlot = Object.keys(before).filter((path) =>
      /(one\/\.git|\/one\/(HEAD|gitdir|commondir))$/.test(path),
    );
    const restored = Object.fromEntries(ofSlot.map((path) => [path, before[path]]));
    expect(digestTree(source)).toEqual({ ...after, ...restored });
  },
);

test("a lost HEAD whose branch nothing tells is detached at its last commit", async () => {
  git(trees.tree("one"), "checkout", "-q", "--detach");
  git(trees.tree("one"), "commit", "-q", "--allow-empty", "-m", "own");
  const commit = git(trees.tree("one"), "rev-parse", "HEAD");
  writeFileSync(join(trees.admin("one"), "HEAD"), "no head");
  await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(readFileSync(join(trees.admin("one"), "HEAD"), "utf8")).toBe(`${commit}\n`);
});

test("a work tree that was moved is linked to from its new place; a copy of one is not", async () => {
  const moved = trees.tree("moved");
  renameSync(trees.tree("one"), moved);
  cpSync(trees.tree("two"), trees.tree("copy"), { recursive: true });
  const registration = digestTree(trees.admin("two"));
  expect((await runWithoutConfig(trees, "recover", moved)).printed).toContain("restore_links done");
  expect(git(trees.repository, "worktree", "list")).toContain(moved);
  const { printed } = await runWithoutConfig(trees, "recover", trees.tree("copy"));
  expect(printed).toContain("restore_links no_effect");
  expect(digestTree(trees.admin("two"))).toEqual(registration);
});

test("a repository of its own in the place of the .git file stays", async () => {
  rmSync(join(trees.tree("one"), ".git"));
  git(trees.tree("one"), "init", "-q");
  const before = digestTree(join(trees.root, "src"));
  await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
});

test("a lock of `git worktree lock` whose process has ended is moved aside; one that tells no process is not", async () => {
  // Above the largest pid of any machine.
  const ended = 2 ** 22 + 1;
  git(trees.repository, "worktree", "lock", "--reason", `agent (pid ${ended})`, trees.tree("one"));
  git(trees.repository, "worktree", "lock", "--reason", "mine", trees.tree("two"));
  for (const name of ["one", "two"]) await runWithoutConfig(trees, "recover", trees.tree(name));
  expect(existsSync(join(trees.admin("one"), "locked"))).toBe(false);
  expect(existsSync(join(trees.admin("two"), "locked"))).toBe(true);
});

test("nothing of the repository that work trees share is repaired: neither a lock nor a ref, HEAD or configuration", async () => {
  const common = join(trees.repository, ".git");
  leaveStaleLock(common);
  writeFileSync(join(common, "packed-refs.lock"), "");
  utimesSync(join(common, "packed-refs.lock"), 0, 0);
  for (const name of ["HEAD", "refs/heads/one"]) writeFileSync(join(common, name), "");
  writeFileSync(join(common, "config"), "[core\n");
  const before = digestTree(join(trees.root, "src"));
  const { exitCode } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(exitCode).not.toBe(0);
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
});

test("recover PATH moves the stale lock of a submodule aside, of a linked work tree and of a checkout", async () => {
  const origin = join(trees.root, "part");
  mkdirSync(origin);
  git(origin, "init", "-q");
  git(origin, "commit", "-q", "--allow-empty", "-m", "part");
  for (const [path, gitDirectory] of [
    [trees.tree("one"), trees.admin("one")],
    [trees.checkout, join(trees.checkout, ".git")],
  ] as const) {
    git(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", origin, "part");
    const lock = leaveStaleLock(join(gitDirectory, "modules", "part"));
    const { printed } = await runWithoutConfig(trees, "recover", path);
    expect(printed).toContain("move_git_lock done");
    expect(existsSync(lock)).toBe(false);
  }
});

test("a lost registration is told and not made again, and what the work tree holds can be saved", async () => {
  writeFileSync(join(trees.tree("one"), "new.txt"), "unsaved\n");
  rmSync(trees.admin("one"), { recursive: true });
  const before = digestTree(join(trees.root, "src"));
  const { exitCode, printed } = await runWithoutConfig(trees, "recover", trees.tree("one"));
  expect(printed).toContain("restore_links no_effect (worktree_admin_missing)");
  expect(exitCode).not.toBe(0);
  const saved = await runWithoutConfig(trees, "salvage", "save", trees.tree("one"), "--json");
  const { salvage_id: id } = JSON.parse(saved.printed) as { salvage_id: string };
  const restored = join(trees.root, "restored");
  expect(await runWithoutConfig(trees, "salvage", "restore", id, "--to", restored)).toMatchObject({
    exitCode: 0,
  });
  expect(readFileSync(join(restored, "new.txt"), "utf8")).toBe("unsaved\n");
  expect(digestTree(join(trees.root, "src"))).toEqual(before);
});

test("a stale lock of a linked work tree is its own: the checkout that it was made from is not reported", async () => {
  const path = leaveStaleLock(trees.admin("one"));
  const { printed } = await runWithoutConfig(trees, "check", trees.root, "--json");
  const { corrupted_slots: slots } = JSON.parse(printed) as { corrupted_slots: { slot_id: string }[] };
  expect(slots.map(({ slot_id: id }) => id.replace(/-[0-9a-f]{6}$/, ""))).toEqual(["api-one"]);
  await runWithoutConfig(trees, "recover", trees.repository);
  expect(existsSync(path)).toBe(true);
});

test.runIf(existsSync("/dev/shm"))(
  "a lock is moved aside to a state directory on another file system",
  async () => {
    const path = leaveStaleLock(trees.admin("one"));
    const stateDir = mkdtempSync("/dev/shm/repo-pool-sidecar-test-");
    try {
      const { printed } = await runWithoutConfig(
        trees,
        "recover",
        trees.tree("one"),
        "--state-dir",
        stateDir,
      );
      expect(printed).toContain("move_git_lock done");
      expect(existsSync(path)).toBe(false);
      const kept = readdirSync(join(stateDir, "quarantine"), { recursive: true, encoding: "utf8" });
      expect(kept.some((name) => name.endsWith("index.lock"))).toBe(true);
    } finally {
      rmSync(stateDir, { recursive: true });
    }
  },
);
