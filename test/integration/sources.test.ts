import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { hasUnseen } from "../../src/anomalies/pool-problem.ts";
import { takeAllSteps } from "../../src/platform/steps.ts";
import { RecordCache } from "../../src/pool/records/record-cache.ts";
import { readSources } from "../../src/pool/sources/read-sources.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { programFile } from "../kit/served-program.ts";
import { PoolManager } from "../../src/pool-manager.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(() => {
  trees.destroy();
});

function reasonsByName({ anomalies }: Snapshot): Record<string, readonly string[]> {
  const byName = anomalies.corruptedSlots.map(
    ({ slotId, reasons }) => [slotId.replace(/^agents-(?:api-)?|-[0-9a-f]{6}$/g, ""), reasons] as const,
  );
  return Object.fromEntries(byName);
}

function slotsOf({ pools }: Snapshot) {
  return pools.flatMap(({ slots }) => slots);
}

function problemCodes({ pools }: Snapshot): string[] {
  return pools.flatMap(({ problems }) => problems.map(({ code }) => code));
}

const isRoot = process.getuid?.() === 0;

/** Runs as somebody who owns nothing here. */
async function asStranger<T>(run: () => Promise<T>): Promise<T> {
  process.seteuid?.(65_534);
  try {
    return await run();
  } finally {
    process.seteuid?.(0);
  }
}

describe.runIf(isRoot)("a place that may not be read is told, and accuses nobody:", () => {
  const places: [string, () => string][] = [
    ["the registrations", () => join(trees.repository, ".git", "worktrees")],
    ["one registration", () => trees.admin("one")],
    ["the repository", () => trees.repository],
    ["a .git file", () => join(trees.tree("one"), ".git")],
    ["a checkout", () => trees.checkout],
  ];
  test.each(places)("%s", async (_, placeOf) => {
    const paths = [`${trees.root}/src/*`];
    const manager = trees.manager(
      trees.source(),
      trees.source({ name: "copies", kind: "checkouts", repositories: [], paths }),
    );
    chmodSync(trees.root, 0o755);
    chmodSync(placeOf(), 0);
    const snapshot = await asStranger(() => manager.snapshot());
    expect(hasUnseen(snapshot)).toBe(true);
    expect([...snapshot.errors, ...snapshot.pools.flatMap(({ problems }) => problems)]).toContainEqual(
      expect.objectContaining({
        detail: expect.stringContaining(`${placeOf()} belongs to user 0`) as string,
      }),
    );
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
  });
});

describe("work trees of a repository", () => {
  test("are the slots of one pool, and nothing is wrong with healthy ones", async () => {
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(snapshot.pools.map(({ repoName }) => repoName)).toEqual(["agents-api"]);
    expect(slotsOf(snapshot).map(({ path }) => path)).toEqual([trees.tree("one"), trees.tree("two")]);
    expect(snapshot.anomalies).toEqual({ longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [] });
    expect(snapshot.pools[0]).toMatchObject({ isUp: true, states: { available: 2 }, problems: [] });
    expect(snapshot.errors).toEqual([]);
  });

  test("are found beside their repository, and `include` chooses among them", async () => {
    git(trees.repository, "worktree", "add", "-q", "../api.fix");
    const all = await trees.manager(trees.source()).snapshot();
    expect(slotsOf(all)).toHaveLength(3);
    const some = await trees.manager(trees.source({ include: ["../api.*"] })).snapshot();
    expect(slotsOf(some).map(({ path }) => path)).toEqual([`${trees.repository}.fix`]);
  });

  test("of a bare repository, and with relative links, are watched like others", async () => {
    const bare = join(trees.root, "src", "bare.git");
    git(trees.root, "clone", "-q", "--bare", trees.repository, bare);
    git(bare, "worktree", "add", "-q", join(trees.root, "of-bare"));
    const admin = join(bare, "worktrees", "of-bare");
    writeFileSync(join(admin, "gitdir"), "../../../../of-bare/.git\n");
    const snapshot = await trees.manager(trees.source({ repositories: [bare] })).snapshot();
    expect(snapshot.pools.map(({ repoName }) => repoName)).toEqual(["agents-bare"]);
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
    expect(slotsOf(snapshot)).toHaveLength(1);
  });

  test("whose files are damaged are named by the probe of every slot", async () => {
    rmSync(join(trees.admin("one"), "HEAD"));
    truncateSync(join(trees.admin("two"), "index"), 20);
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({ one: ["head_missing"], two: ["index_corrupt"] });
  });

  test("that are registered and gone, there and not registered, or moved, are named each once", async () => {
    git(trees.repository, "worktree", "add", "-q", trees.tree("three"));
    git(trees.repository, "worktree", "add", "-q", trees.tree("four"));
    rmSync(trees.tree("one"), { recursive: true });
    rmSync(trees.admin("two"), { recursive: true });
    renameSync(trees.tree("three"), trees.tree("moved"));
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({
      one: ["slot_missing"],
      two: ["worktree_admin_missing"],
      moved: ["worktree_backlink_invalid"],
    });
    expect(snapshot.pools[0]?.registrations).toEqual({
      ...{ present: 1, missing: 1, suspect: 0, away: 0, unregistered: 2 },
    });
  });

  test("are found after a prune elsewhere has removed every registration", async () => {
    rmSync(join(trees.repository, ".git", "worktrees"), { recursive: true });
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({
      one: ["worktree_admin_missing"],
      two: ["worktree_admin_missing"],
    });
  });

  test("that are all gone at once are one problem, and no fault of any: the view may be wrong", async () => {
    rmSync(join(trees.repository, ".claude"), { recursive: true });
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
    expect(problemCodes(snapshot)).toEqual(["vantage_suspect"]);
    expect(hasUnseen(snapshot)).toBe(true);
  });

  test("of a repository that is seen under another path are one problem too, even a single one", async () => {
    const elsewhere = join(trees.root, "mnt", "api");
    mkdirSync(join(trees.root, "mnt"));
    rmSync(trees.tree("two"), { recursive: true });
    git(trees.repository, "worktree", "prune");
    renameSync(trees.repository, elsewhere);
    const snapshot = await trees.manager(trees.source({ repositories: [elsewhere] })).snapshot();
    expect(problemCodes(snapshot)).toContain("vantage_suspect");
  });

  test("that link to nothing, as nothing links to them, are one problem each", async () => {
    writeFileSync(join(trees.tree("two"), ".git"), "gitdir: /nowhere/worktrees/two\n");
    writeFileSync(join(trees.admin("two"), "gitdir"), "/nowhere/two/.git\n");
    mkdirSync(trees.tree("three"));
    writeFileSync(join(trees.tree("three"), ".git"), "no link\n");
    const copy = join(trees.root, "src", "second");
    git(trees.root, "clone", "-q", trees.repository, copy);
    git(copy, "worktree", "add", "-q", trees.tree("four"));
    const { pools } = await trees
      .manager(trees.source({ repositories: [trees.repository, copy] }))
      .snapshot();
    const lost = pools.flatMap(({ problems }) => problems.filter(({ code }) => code === "not_watched"));
    expect(lost.map(({ path }) => path).sort()).toEqual([trees.tree("three"), trees.tree("two")]);
  });

  test("that git's lock says may be away are no fault", async () => {
    git(trees.repository, "worktree", "lock", "--reason", "on a portable disk", trees.tree("one"));
    rmSync(trees.tree("one"), { recursive: true });
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
    expect(problemCodes(snapshot)).toEqual(["not_watched"]);
  });

  test("on a new branch without a commit are nobody's fault", async () => {
    git(trees.tree("one"), "checkout", "-q", "--orphan", "pages");
    expect((await trees.manager(trees.source()).snapshot()).anomalies.corruptedSlots).toEqual([]);
  });

  test("that a copy of one shares with it are told", async () => {
    cpSync(trees.tree("one"), trees.tree("copied"), { recursive: true });
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({ copied: ["slot_shared"] });
  });
});

describe("a watcher that remembers directories sees at the next look that", () => {
  function readWith(cache: RecordCache, name = "agents") {
    const sources = [
      trees.source({ name }),
      trees.source({ name: "copies", kind: "checkouts", repositories: [], paths: [`${trees.root}/src/*`] }),
    ];
    const place = { workspacesDir: join(trees.root, "none"), stateDir: trees.stateDir };
    return takeAllSteps(readSources({ ...place, sources, cache }, []));
  }

  const changes: [string, () => void][] = [
    [
      "a registration names another place",
      () => {
        renameSync(trees.tree("two"), trees.tree("moved"));
        writeFileSync(join(trees.admin("two"), "gitdir"), `${trees.tree("moved")}/.git\n`);
      },
    ],
    [
      "a work tree is gone",
      () => {
        rmSync(trees.tree("two"), { recursive: true });
      },
    ],
    [
      "git locks one, and it is gone",
      () => {
        git(trees.repository, "worktree", "lock", trees.tree("two"));
        rmSync(trees.tree("two"), { recursive: true });
      },
    ],
    [
      "a link takes its place",
      () => {
        renameSync(trees.tree("two"), join(trees.root, "elsewhere"));
        symlinkSync(join(trees.root, "elsewhere"), trees.tree("two"));
      },
    ],
    [
      "a directory on the way becomes a link",
      () => {
        renameSync(dirname(trees.tree("two")), join(trees.root, "elsewhere"));
        symlinkSync(join(trees.root, "elsewhere"), dirname(trees.tree("two")));
      },
    ],
    [
      "a file takes the place of a repository's directory",
      () => {
        renameSync(join(trees.checkout, ".git"), join(trees.root, "moved.git"));
        writeFileSync(join(trees.checkout, ".git"), `gitdir: ${join(trees.root, "moved.git")}\n`);
      },
    ],
    [
      "a repository comes",
      () => {
        git(trees.root, "init", "-q", join(trees.root, "src", "new"));
      },
    ],
  ];

  test.each(changes)("%s", (_what, change) => {
    const cache = new RecordCache();
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
    try {
      const before = readWith(cache);
      expect(readWith(cache)).toEqual(before);
      change();
      const after = readWith(cache);
      expect(after).not.toEqual(before);
      expect(after).toEqual(readWith(new RecordCache()));
    } finally {
      vi.useRealTimers();
    }
  });

  test("its source has another name by now", () => {
    const cache = new RecordCache();
    vi.useFakeTimers({ now: Date.now() + 60_000, toFake: ["Date"] });
    try {
      readWith(cache);
      expect(readWith(cache, "robots")).toEqual(readWith(new RecordCache(), "robots"));
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("who uses a work tree", () => {
  async function ownerOf(name: string) {
    const snapshot = await trees.manager(trees.source()).snapshot();
    return slotsOf(snapshot).find(({ path }) => path === trees.tree(name));
  }

  test.each([
    ["its working directory", (at: string) => ({ cwd: join(at, "deep"), stdio: "ignore" as const })],
    [
      "an open file",
      (at: string) => {
        const file = openSync(join(at, "file.txt"), "r");
        return { cwd: "/", stdio: [file, "ignore", "ignore"] as [number, "ignore", "ignore"] };
      },
    ],
  ])("is a process with %s inside", async (_what, options) => {
    mkdirSync(join(trees.tree("one"), "deep"));
    const given = options(trees.tree("one"));
    const agent = spawn("sleep", ["60"], given);
    if (Array.isArray(given.stdio)) closeSync(given.stdio[0]);
    try {
      expect(await ownerOf("one")).toMatchObject({ state: "allocated", owner: { evidence: "process" } });
      expect(await ownerOf("two")).toMatchObject({ state: "available", owner: { evidence: "none" } });
    } finally {
      agent.kill();
    }
  });

  test("is not a git that the program itself started to look", async () => {
    const child = spawn("git", ["cat-file", "--batch"], {
      cwd: trees.tree("one"),
      stdio: ["pipe", "pipe", "ignore"],
    });
    try {
      child.stdin.write("HEAD\n");
      await once(child.stdout, "data");
      expect(await ownerOf("one")).toMatchObject({ state: "available", owner: { evidence: "none" } });
    } finally {
      child.kill();
    }
  });

  test("is who locked it, until that process ends: then the lock is stale", async () => {
    const agent = spawn("sleep", ["60"], { cwd: "/", stdio: "ignore" });
    const reason = `claude agent agent-1 (pid ${String(agent.pid)})`;
    git(trees.repository, "worktree", "lock", "--reason", reason, trees.tree("one"));
    expect(await ownerOf("one")).toMatchObject({ state: "allocated", owner: { evidence: "git_lock" } });
    const ended = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill();
    await ended;
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({ one: ["worktree_lock_stale"] });
  });

  test.runIf(isRoot)("cannot be told from another PID namespace: nobody is ruled out", () => {
    const args = ["--pid", "--fork", "--mount-proc", process.execPath, programFile];
    const { stdout } = spawnSync("unshare", [...args, "why", trees.tree("one"), "--json"], {
      ...{ encoding: "utf8", env: { PATH: process.env["PATH"], HOME: trees.root } },
    });
    expect(JSON.parse(stdout)).toMatchObject({ state: "allocated", owner: { evidence: "unseen" } });
  });

  test.runIf(isRoot)("is a process of another user too, if all can be seen", async () => {
    const agent = spawn("sleep", ["60"], { cwd: trees.tree("one"), uid: 65_534, stdio: "ignore" });
    try {
      expect(await ownerOf("one")).toMatchObject({ owner: { evidence: "process" } });
    } finally {
      agent.kill();
    }
  });

  test("is not told by a process of the same number that began after the lock", async () => {
    const reason = `claude agent agent-1 (pid ${process.pid})`;
    git(trees.repository, "worktree", "lock", "--reason", reason, trees.tree("one"));
    const longAgo = new Date("2020-01-01");
    utimesSync(join(trees.admin("one"), "locked"), longAgo, longAgo);
    const snapshot = await trees.manager(trees.source()).snapshot();
    expect(reasonsByName(snapshot)).toEqual({ one: ["worktree_lock_stale"] });
  });
});

test("a work tree without activity for longer than the source allows is idle too long", async () => {
  const yesterday = new Date(Date.now() - 30 * 3_600_000);
  for (const name of ["index", "HEAD", "logs/HEAD", "ORIG_HEAD"]) {
    const path = join(trees.admin("one"), name);
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) utimesSync(path, yesterday, yesterday);
  }
  const snapshot = await trees.manager(trees.source()).snapshot();
  expect(snapshot.anomalies.longAllocatedSlots).toMatchObject([
    { reason: "idle_too_long", activity: "idle" },
  ]);
  const patient = await trees.manager(trees.source({ idleAfterSeconds: undefined })).snapshot();
  expect(patient.anomalies.longAllocatedSlots).toEqual([]);
});

describe("checkouts", () => {
  const checkouts = () =>
    trees.source({ kind: "checkouts", name: "ci", repositories: [], paths: [`${trees.root}/src/*`] });

  test("are the slots of one pool, linked work trees and bare repositories not among them", async () => {
    git(trees.root, "clone", "-q", "--bare", trees.repository, join(trees.root, "src", "bare.git"));
    git(trees.repository, "worktree", "add", "-q", "../api.fix");
    mkdirSync(join(trees.root, "src", "plain"));
    const snapshot = await trees.manager(checkouts()).snapshot();
    expect(slotsOf(snapshot).map(({ path }) => path)).toEqual([trees.repository, trees.checkout]);
    expect(problemCodes(snapshot)).toEqual(["not_watched", "not_watched"]);
    expect(snapshot.anomalies.corruptedSlots).toEqual([]);
  });

  test("whose files are damaged are named", async () => {
    rmSync(join(trees.checkout, ".git", "HEAD"));
    const snapshot = await trees.manager(checkouts()).snapshot();
    expect(snapshot.anomalies.corruptedSlots).toMatchObject([{ repoName: "ci", reasons: ["head_missing"] }]);
  });

  test("are not accused of a linked work tree's fault if that is a slot itself", async () => {
    writeFileSync(join(trees.admin("one"), "HEAD"), "");
    const both = await trees.manager(trees.source(), checkouts()).snapshot();
    expect(both.anomalies.corruptedSlots).toMatchObject([{ repoName: "agents-api" }]);
    const alone = await trees.manager(checkouts()).snapshot();
    expect(alone.anomalies.corruptedSlots).toMatchObject([{ repoName: "ci", reasons: ["git_invalid"] }]);
  });

  test("that a source before this one has, or a link leads to again, are slots once", async () => {
    symlinkSync("copy", join(trees.root, "src", "link"));
    const snapshot = await trees.manager(checkouts(), { ...checkouts(), name: "again" }).snapshot();
    expect(slotsOf(snapshot)).toHaveLength(2);
    expect(problemCodes(snapshot)).toEqual(["not_watched", "not_watched"]);
  });
});

test("patterns that match nothing are an error, and never health", async () => {
  const none = [`${trees.root}/typo/*`];
  const snapshot = await trees
    .manager(
      trees.source({ repositories: none }),
      trees.source({ name: "ci", kind: "checkouts", paths: none }),
    )
    .snapshot();
  expect(snapshot.errors.map(({ code }) => code)).toEqual(["source_empty", "source_empty"]);
  expect(snapshot.sources).toEqual([
    { name: "agents", isReadable: false },
    { name: "ci", isReadable: false },
  ]);
  expect(hasUnseen(snapshot)).toBe(true);
});

test("the slots of a pool manager belong to it, and are watched beside a source", async () => {
  const pool = new RealPool(2, "worktree");
  try {
    const config = { ...createDefaultConfig(trees.root), workspacesDir: pool.workspacesDir };
    const stateDir = pool.stateDir;
    const managed = trees.source({ name: "pools", kind: "managed", repositories: [] });
    const greedy = trees.source({ repositories: [pool.mainRepository, `${trees.root}/src/api`] });
    const manager = new PoolManager({ config: { ...config, stateDir, sources: [managed, greedy] } });
    const snapshot = await manager.snapshot();
    expect(snapshot.pools.map(({ repoName, slots }) => [repoName, slots.length])).toEqual([
      ["demo", 2],
      ["agents-.main_repo".replace("-.", "-"), 0],
      ["agents-api", 2],
    ]);
    expect(problemCodes(snapshot)).toEqual(["not_watched", "not_watched"]);
    const report = await manager.autoRecover({ forceReleaseLongAllocated: true, maxAllocationHours: 0.0001 });
    expect(report.actions.filter(({ slotId }) => slotId.startsWith("agents-"))).toEqual([]);
  } finally {
    pool.destroy();
  }
});

/** Everything that a look could change: bytes, modes, and times to the nanosecond. */
function recordTree(directory: string): Record<string, string> {
  const names = [".", ...readdirSync(directory, { recursive: true, encoding: "utf8" })].sort();
  return Object.fromEntries(
    names.map((name) => {
      const stats = lstatSync(join(directory, name), { bigint: true });
      const content = stats.isFile() ? readFileSync(join(directory, name), "base64") : "";
      return [name, [stats.ino, stats.mode, stats.mtimeNs, stats.ctimeNs, content].join(" ")];
    }),
  );
}

test("a look, and a deep one, write nothing into trees and repositories", async () => {
  writeFileSync(join(trees.tree("one"), "file.txt"), "changed\n");
  writeFileSync(join(trees.tree("one"), "new.txt"), "untracked\n");
  const before = recordTree(join(trees.root, "src"));
  const checkouts = trees.source({ kind: "checkouts", name: "ci", paths: [`${trees.root}/src/*`] });
  const manager = trees.manager(trees.source(), checkouts);
  await manager.snapshot();
  const deep = await manager.snapshot({ deep: true });
  expect(recordTree(join(trees.root, "src"))).toEqual(before);
  const kinds = new Map(slotsOf(deep).map(({ path, unsavedWork }) => [path, unsavedWork]));
  expect(kinds.get(trees.tree("one"))).toEqual(expect.arrayContaining(["uncommitted", "untracked"]));
});
