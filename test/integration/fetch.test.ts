import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;

function start(layout: "clone" | "worktree" = "clone"): void {
  pool = new RealPool(1, layout);
}

afterEach(() => {
  pool.destroy();
});

const seed = (): string => join(pool.root, "seed");
const slot = (...args: string[]): string => git(pool.slotPath(1), ...args);
const repository = (): string =>
  pool.layout === "clone" ? join(pool.slotPath(1), ".git") : pool.mainRepository;

/** One more commit on the seed's branch. */
function commit(name: string): string {
  writeFileSync(join(seed(), name), `${name}\n`);
  git(seed(), "add", ".");
  git(seed(), "commit", "-q", "-m", name);
  return git(seed(), "rev-parse", "HEAD");
}

function push(...refs: string[]): void {
  git(seed(), "push", "-q", "-f", pool.origin, ...refs);
}

/** The slot is cloned from the origin as it is now, with these options. */
function clone(...options: string[]): void {
  const record = readFileSync(pool.recordPath(1));
  rmSync(pool.slotPath(1), { recursive: true });
  git(pool.root, "clone", "-q", ...options, pool.url, pool.slotPath(1));
  writeFileSync(pool.recordPath(1), record);
}

async function allocate(): Promise<readonly string[]> {
  const { workspacesDir, stateDir } = pool;
  const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
  const result = await new PoolManager({ config }).allocateSlotDetailed("demo");
  if (result.kind !== "allocated") throw new Error(JSON.stringify(result));
  expect(slot("fsck", "--connectivity-only", "--no-dangling")).toBe("");
  return result.warnings;
}

const trackingRefs = (): string[] =>
  slot("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes").split("\n");

describe.each(["clone", "worktree"] as const)("a tracking ref in the way (%s)", (layout) => {
  beforeEach(() => {
    start(layout);
  });

  test.each([
    ["of a folder of branches", "dev", "dev/x", false],
    ["of a folder of branches, packed", "dev", "dev/x/y", true],
    ["of a branch that was a folder", "dev/x/y", "dev", false],
    ["of a branch that was a folder, packed", "dev/x", "dev", true],
  ])("%s gives way, and its reflog", async (_, old, young, isPacked) => {
    push(`main:refs/heads/${old}`, "main:refs/heads/merged");
    slot("fetch", "-q", pool.url, "+refs/heads/*:refs/remotes/origin/*");
    slot("symbolic-ref", "refs/remotes/origin/HEAD", `refs/remotes/origin/${old}`);
    if (isPacked) slot("pack-refs", "--all");
    push(`:refs/heads/${old}`, ":refs/heads/merged");
    const newest = commit("new.txt");
    push("main", `main:refs/heads/${young}`);
    const warnings = await allocate();
    expect(warnings).toEqual([expect.stringContaining(`refs/remotes/origin/${old} (`)]);
    expect(trackingRefs()).toEqual([young, "main", "merged"]);
    expect(slot("rev-parse", `origin/${young}`)).toBe(newest);
    expect(slot("rev-parse", "origin/main")).toBe(newest);
    // What an agent does next.
    commit("newer.txt");
    push("main", `main:refs/heads/${young}`);
    slot("fetch", "-q", pool.url, "+refs/heads/*:refs/remotes/origin/*");
  });

  test("and held by a git command stays, and the other refs are fetched", async () => {
    push("main:refs/heads/dev");
    slot("fetch", "-q", pool.url, "+refs/heads/*:refs/remotes/origin/*");
    push(":refs/heads/dev");
    const newest = commit("new.txt");
    push("main", "main:refs/heads/dev/x");
    writeFileSync(join(repository(), "refs/remotes/origin/dev.lock"), "");
    expect(await allocate()).toHaveLength(2);
    expect(slot("rev-parse", "origin/main")).toBe(newest);
    expect(trackingRefs()).toContain("dev");
    rmSync(join(repository(), "refs/remotes/origin/dev.lock"));
  });
});

describe("one bad ref", () => {
  beforeEach(() => {
    start();
  });

  test("of the remote does not keep the others away", async () => {
    git(seed(), "checkout", "-q", "-b", "bad");
    commit("bad.txt");
    const blob = git(seed(), "rev-parse", "bad:bad.txt");
    git(seed(), "checkout", "-q", "main");
    const newest = commit("new.txt");
    push("main", "main:refs/heads/other", "bad");
    rmSync(join(pool.origin, "objects", blob.slice(0, 2), blob.slice(2)));
    const warnings = await allocate();
    expect(warnings).toContainEqual(expect.stringContaining("refs/heads/bad:refs/remotes/origin/bad"));
    expect(trackingRefs()).toEqual(["HEAD", "main", "other"]);
    expect(slot("rev-parse", "origin/main")).toBe(newest);
  });

  test("that is configured and gone does not keep the others away", async () => {
    slot("config", "--replace-all", "remote.origin.fetch", "+refs/heads/gone:refs/remotes/origin/gone");
    slot("config", "--add", "remote.origin.fetch", "+refs/heads/main:refs/remotes/origin/main");
    const newest = commit("new.txt");
    push("main");
    expect(await allocate()).toEqual([]);
    expect(slot("rev-parse", "origin/main")).toBe(newest);
  });
});

describe("a slot that is small on purpose stays so", () => {
  beforeEach(() => {
    start();
    commit("first.txt");
    commit("second.txt");
    push("main", "main~1:refs/heads/old");
  });

  test("one branch, and no tags", async () => {
    clone("--single-branch", "--no-tags");
    const newest = commit("new.txt");
    git(seed(), "tag", "v1");
    push("main", "v1");
    expect(await allocate()).toEqual([]);
    expect(trackingRefs()).toEqual(["HEAD", "main"]);
    expect(slot("rev-parse", "origin/main")).toBe(newest);
    expect(slot("tag")).toBe("");
  });

  test("a depth", async () => {
    clone("--depth=1", "--no-single-branch");
    commit("new.txt");
    push("main");
    expect(await allocate()).toEqual([]);
    expect(slot("rev-list", "--count", "origin/main")).toBe("2");
    expect(slot("rev-parse", "--is-shallow-repository")).toBe("true");
  });

  test("a partial clone", async () => {
    git(pool.origin, "config", "uploadpack.allowFilter", "true");
    clone("--filter=blob:none");
    commit("new.txt");
    push("main");
    expect(await allocate()).toEqual([]);
    expect(slot("rev-parse", "origin/main")).toBe(git(seed(), "rev-parse", "HEAD"));
    const missing = slot("rev-list", "--objects", "--missing=print", "origin/main");
    expect(missing.split("\n")).toContain(`?${git(seed(), "rev-parse", "HEAD:new.txt")}`);
  });
});

test("an agent's tags and branches stay, whatever the slot is told to fetch", async () => {
  start();
  git(seed(), "tag", "v1");
  push("v1", "main:refs/heads/mine");
  slot("config", "--replace-all", "remote.origin.fetch", "+refs/*:refs/*");
  slot("branch", "mine");
  slot("commit", "-q", "--allow-empty", "-m", "work");
  slot("tag", "v1");
  slot("tag", "own");
  slot("branch", "-f", "mine");
  const work = slot("rev-parse", "HEAD");
  await allocate();
  expect(["mine", "v1", "own", "main"].map((name) => slot("rev-parse", name))).toEqual(Array(4).fill(work));
  expect(existsSync(join(repository(), "refs/remotes/origin/mine"))).toBe(true);
});
