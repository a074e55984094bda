import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { formatPoolTime } from "../../src/pool/records/local-time.ts";
import { ageTree } from "../kit/age-tree.ts";
import { RealPool } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let root = "";
let home = "";
let pool = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-links-"));
  home = join(root, "home");
  pool = join(createDefaultConfig(home).workspacesDir, "demo");
  mkdirSync(pool, { recursive: true });
  mkdirSync(join(pool, "..", "locks"));
  git(root, "init", "-q", "-b", "main", "seed");
  writeFileSync(join(root, "seed", "tracked.txt"), "first\n");
  commitAll(join(root, "seed"), "first");
  git(root, "clone", "-q", "--bare", "seed", "origin.git");
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"];
  return execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8" }).trim();
}

function commitAll(cwd: string, message: string): void {
  git(cwd, "add", ".");
  git(cwd, "commit", "-q", "-m", message);
}

type Layout = "clone" | "worktree";

function slotPath(layout: Layout, number = 1): string {
  return layout === "clone" ? join(pool, `slot${number}`) : join(pool, "worktrees", `slot${number}`);
}

function writePool(layout: Layout, slotCount = 1): void {
  const url = `file://${join(root, "origin.git")}`;
  const now = formatPoolTime(new Date(), Intl.DateTimeFormat().resolvedOptions().timeZone);
  const common = { repo_name: "demo", repo_url: url, metadata: {}, created_at: now, updated_at: now };
  writeFileSync(join(pool, "pool.json"), JSON.stringify({ ...common, num_slots: slotCount }));
  if (layout === "worktree") git(pool, "clone", "-q", "--bare", url, ".main_repo");
  for (let number = 1; number <= slotCount; number++) {
    const path = slotPath(layout, number);
    const branch = `worktree/demo/slot${number}`;
    if (layout === "worktree") git(join(pool, ".main_repo"), "worktree", "add", "-q", path, "-b", branch);
    else git(pool, "clone", "-q", url, path);
    const record = {
      ...common,
      slot_id: `workspace-demo-slot${number}`,
      slot_path: path,
      state: "available",
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
      current_branch: layout === "worktree" ? branch : "main",
      current_commit: git(path, "rev-parse", "HEAD"),
    };
    mkdirSync(join(pool, `slot${number}`), { recursive: true });
    writeFileSync(join(pool, `slot${number}`, "slot.json"), JSON.stringify(record));
  }
}

/** An unpushed commit, an uncommitted change and an untracked file. */
function leaveWork(layout: Layout): { commit: string; branch: string } {
  const path = slotPath(layout);
  writeFileSync(join(path, "committed.txt"), "only here\n");
  git(path, "add", "committed.txt");
  git(path, "commit", "-q", "-m", "unpushed");
  writeFileSync(join(path, "tracked.txt"), "uncommitted\n");
  writeFileSync(join(path, "untracked.txt"), "untracked\n");
  return { commit: git(path, "rev-parse", "HEAD"), branch: git(path, "symbolic-ref", "HEAD") };
}

const recover = () => new PoolManager({ config: createDefaultConfig(home) }).autoRecover({});
const mainRepository = () => join(pool, ".main_repo");
const admin = () => join(mainRepository(), "worktrees", "slot1");
const gitFile = () => join(slotPath("worktree"), ".git");
const ownRef = () => join(mainRepository(), "refs", "heads", "worktree", "demo", "slot1");
const cloneGit = () => join(slotPath("clone"), ".git");

const damages: [string, Layout, () => void][] = [
  [
    "its .git file is gone",
    "worktree",
    () => {
      rmSync(gitFile());
    },
  ],
  [
    "its .git file is empty",
    "worktree",
    () => {
      writeFileSync(gitFile(), "");
    },
  ],
  [
    "its .git file leads nowhere",
    "worktree",
    () => {
      writeFileSync(gitFile(), "gitdir: /nowhere\n");
    },
  ],
  [
    "its admin directory is gone",
    "worktree",
    () => {
      rmSync(admin(), { recursive: true });
    },
  ],
  [
    "its backlink is wrong",
    "worktree",
    () => {
      writeFileSync(join(admin(), "gitdir"), "/nowhere/.git\n");
    },
  ],
  [
    "its backlink is gone",
    "worktree",
    () => {
      rmSync(join(admin(), "gitdir"));
    },
  ],
  [
    "its commondir is gone",
    "worktree",
    () => {
      rmSync(join(admin(), "commondir"));
    },
  ],
  [
    "its HEAD is gone",
    "worktree",
    () => {
      rmSync(join(admin(), "HEAD"));
    },
  ],
  [
    "its HEAD is garbage",
    "worktree",
    () => {
      writeFileSync(join(admin(), "HEAD"), "\0\0");
    },
  ],
  [
    "its branch is zero bytes",
    "worktree",
    () => {
      writeFileSync(ownRef(), "");
    },
  ],
  [
    "its branch is lost",
    "worktree",
    () => {
      rmSync(ownRef());
    },
  ],
  [
    "link and index are broken",
    "worktree",
    () => {
      rmSync(gitFile());
      writeFileSync(join(admin(), "index"), "junk");
    },
  ],
  [
    "its HEAD is gone",
    "clone",
    () => {
      rmSync(join(cloneGit(), "HEAD"));
    },
  ],
  [
    "its HEAD is empty",
    "clone",
    () => {
      writeFileSync(join(cloneGit(), "HEAD"), "");
    },
  ],
  [
    "its branch is NUL bytes",
    "clone",
    () => {
      writeFileSync(join(cloneGit(), "refs/heads/main"), "\0".repeat(41));
    },
  ],
  [
    "its branch is lost",
    "clone",
    () => {
      rmSync(join(cloneGit(), "refs/heads/main"));
    },
  ],
  [
    "its branch names a missing object",
    "clone",
    () => {
      writeFileSync(join(cloneGit(), "refs/heads/main"), `${"1".repeat(40)}\n`);
    },
  ],
];

test.each(sampleOf(damages, 8, "damaged slots"))(
  "a slot where %s is repaired with its work (%#, %s)",
  async (_name, layout, damage) => {
    writePool(layout);
    const work = leaveWork(layout);
    damage();
    const report = await recover();
    expect(report).toMatchObject({ corruptedRecovered: 1, corruptedIsolated: 0, errors: [] });
    const path = slotPath(layout);
    expect(git(path, "symbolic-ref", "HEAD")).toBe(work.branch);
    expect(git(path, "rev-parse", "HEAD")).toBe(work.commit);
    expect(readFileSync(join(path, "tracked.txt"), "utf8")).toBe("uncommitted\n");
    expect(readFileSync(join(path, "untracked.txt"), "utf8")).toBe("untracked\n");
    expect(git(path, "status", "--porcelain")).toContain("M tracked.txt\n");
    expect(git(path, "fsck")).toBe("");
  },
);

test("what a repair replaces is kept in quarantine", async () => {
  writePool("worktree");
  writeFileSync(join(admin(), "HEAD"), "what was there");
  await recover();
  const quarantine = join(createDefaultConfig(home).stateDir, "quarantine");
  const kept = readdirSync(quarantine, { recursive: true, encoding: "utf8" }).find((name) =>
    name.endsWith("/HEAD"),
  );
  expect(readFileSync(join(quarantine, kept ?? "nothing kept"), "utf8")).toBe("what was there");
});

test("a detached HEAD comes back at its commit, not at a branch", async () => {
  writePool("worktree");
  const path = slotPath("worktree");
  git(path, "checkout", "-q", "--detach");
  const commit = git(path, "rev-parse", "HEAD");
  rmSync(join(admin(), "HEAD"));
  expect(await recover()).toMatchObject({ corruptedRecovered: 1 });
  expect(readFileSync(join(admin(), "HEAD"), "utf8")).toBe(`${commit}\n`);
});

test("a removed work tree is checked out anew, and no hook or filter of the main repository runs", async () => {
  writePool("worktree");
  const path = slotPath("worktree");
  writeFileSync(join(path, ".gitattributes"), "* filter=spy\n");
  commitAll(path, "attributes");
  writeFileSync(join(path, "staged.txt"), "staged\n");
  git(path, "add", "staged.txt");
  const trace = join(root, "executed");
  git(mainRepository(), "config", "filter.spy.smudge", `touch ${trace}; cat`);
  mkdirSync(join(mainRepository(), "hooks"), { recursive: true });
  writeFileSync(join(mainRepository(), "hooks", "post-checkout"), `#!/bin/sh\ntouch ${trace}\n`);
  chmodSync(join(mainRepository(), "hooks", "post-checkout"), 0o755);
  rmSync(path, { recursive: true });
  expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  expect(existsSync(trace)).toBe(false);
  expect(readFileSync(join(path, "tracked.txt"), "utf8")).toBe("first\n");
  expect(git(path, "show", ":staged.txt")).toBe("staged");
});

test("a .git file that names a neighbour's admin directory is corrected and the neighbour is left alone", async () => {
  writePool("worktree", 2);
  const neighbour = join(mainRepository(), "worktrees", "slot2");
  const before = readFileSync(join(neighbour, "gitdir"), "utf8");
  writeFileSync(gitFile(), `gitdir: ${neighbour}\n`);
  expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  expect(readFileSync(gitFile(), "utf8")).toBe(`gitdir: ${admin()}\n`);
  expect(readFileSync(join(neighbour, "gitdir"), "utf8")).toBe(before);
});

test("with nothing that proves what HEAD was, a worktree slot is isolated and nothing is written", async () => {
  writePool("worktree");
  git(mainRepository(), "update-ref", "-d", "refs/heads/worktree/demo/slot1");
  rmSync(join(mainRepository(), "logs"), { recursive: true, force: true });
  rmSync(admin(), { recursive: true });
  expect(await recover()).toMatchObject({ corruptedRecovered: 0, corruptedIsolated: 1 });
  expect(existsSync(admin())).toBe(false);
});

test("a branch that another work tree has checked out is not given to a second one", async () => {
  writePool("worktree", 2);
  git(slotPath("worktree"), "checkout", "-q", "--detach");
  const path = join(pool, "slot1", "slot.json");
  const record = readFileSync(path, "utf8").replace("worktree/demo/slot1", "worktree/demo/slot2");
  writeFileSync(path, record);
  rmSync(admin(), { recursive: true });
  expect(await recover()).toMatchObject({ corruptedRecovered: 1 });
  expect(readFileSync(join(admin(), "HEAD"), "utf8")).toBe("ref: refs/heads/worktree/demo/slot1\n");
});

test("a folder of other branches in the place of a lost branch is left alone", async () => {
  writePool("worktree");
  leaveWork("worktree");
  rmSync(ownRef());
  mkdirSync(ownRef());
  const other = join(ownRef(), "other");
  writeFileSync(other, `${git(mainRepository(), "rev-parse", "main")}\n`);
  expect(await recover()).toMatchObject({ corruptedRecovered: 0, corruptedIsolated: 1 });
  expect(existsSync(other)).toBe(true);
});

test("a link out of the pool in the place of a folder of branches is moved aside, and not written through", async () => {
  writePool("worktree");
  const work = leaveWork("worktree");
  const outside = join(root, "outside");
  mkdirSync(outside);
  rmSync(join(mainRepository(), "refs", "heads", "worktree"), { recursive: true });
  symlinkSync(outside, join(mainRepository(), "refs", "heads", "worktree"));
  expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  expect(readdirSync(outside)).toEqual([]);
  expect(git(slotPath("worktree"), "rev-parse", "HEAD")).toBe(work.commit);
});

test("a file in the place of the folder of branches is moved aside, and each slot has its branch again", async () => {
  writePool("worktree", 2);
  const work = leaveWork("worktree");
  const untouched = git(slotPath("worktree", 2), "rev-parse", "HEAD");
  rmSync(join(mainRepository(), "refs", "heads", "worktree"), { recursive: true });
  writeFileSync(join(mainRepository(), "refs", "heads", "worktree"), "");
  expect(await recover()).toMatchObject({ corruptedIsolated: 0, errors: [] });
  expect(git(slotPath("worktree"), "rev-parse", "HEAD")).toBe(work.commit);
  expect(git(slotPath("worktree", 2), "rev-parse", "HEAD")).toBe(untouched);
});

test.each([undefined, "", "ref: refs/heads/main\ngarbage\n", "\0\0\0"])(
  "the main repository's HEAD of %j is written again, and no slot is isolated",
  async (content) => {
    writePool("worktree");
    const head = join(mainRepository(), "HEAD");
    if (content === undefined) rmSync(head);
    else writeFileSync(head, content);
    expect(await recover()).toMatchObject({ corruptedIsolated: 0, errors: [] });
    expect(readFileSync(head, "utf8")).toBe("ref: refs/heads/main\n");
  },
);

test("a work tree elsewhere that was never made to its end no longer keeps the slots from a fetch", async () => {
  writePool("worktree", 2);
  const main = mainRepository();
  git(main, "worktree", "add", "-q", "--detach", join(root, "elsewhere"));
  const admin = join(main, "worktrees", "elsewhere");
  rmSync(join(admin, "logs"), { recursive: true });
  writeFileSync(join(admin, "HEAD"), `${"0".repeat(40)}\n`);
  writeFileSync(join(admin, "locked"), "initializing");
  expect(await recover()).toMatchObject({ corruptedRecovered: 0, actions: [], errors: [] });
  ageTree(admin, 1);
  expect(() => git(slotPath("worktree"), "fetch", "-q")).toThrow();
  expect(await recover()).toMatchObject({ corruptedIsolated: 0, errors: [] });
  git(slotPath("worktree"), "fetch", "-q");
  expect(existsSync(admin)).toBe(false);
  expect(existsSync(join(root, "elsewhere", "tracked.txt"))).toBe(true);
});

test("a work tree elsewhere on a commit that is gone no longer keeps the slots from a fetch", async () => {
  writePool("worktree", 2);
  const elsewhere = join(root, "elsewhere");
  git(mainRepository(), "worktree", "add", "-q", "--detach", elsewhere);
  const commit = git(elsewhere, "rev-parse", "HEAD");
  writeFileSync(join(mainRepository(), "worktrees", "elsewhere", "HEAD"), `${"1".repeat(40)}\n`);
  expect(() => git(slotPath("worktree"), "fetch", "-q")).toThrow();
  expect(await recover()).toMatchObject({ corruptedIsolated: 0, errors: [] });
  git(slotPath("worktree"), "fetch", "-q");
  expect(git(elsewhere, "rev-parse", "HEAD")).toBe(commit);
});

function lend(): void {
  const path = join(pool, "slot1", "slot.json");
  const lentSince = formatPoolTime(new Date(), Intl.DateTimeFormat().resolvedOptions().timeZone);
  const record = readFileSync(path, "utf8")
    .replace('"available"', '"allocated"')
    .replace('"last_allocated_at":null', `"last_allocated_at":"${lentSince}"`);
  writeFileSync(path, record);
}

const lostId = "e".repeat(40);

test.each([
  [
    "its branch is empty",
    () => {
      writeFileSync(ownRef(), "");
    },
  ],
  [
    "its branch is on a commit that is gone",
    () => {
      writeFileSync(ownRef(), `${lostId}\n`);
    },
  ],
  [
    "its branch points to itself",
    () => {
      writeFileSync(ownRef(), "ref: refs/heads/worktree/demo/slot1\n");
    },
  ],
  [
    "its HEAD is on a commit that is gone",
    () => {
      writeFileSync(join(admin(), "HEAD"), `${lostId}\n`);
    },
  ],
])("the removed work tree of a lent slot comes back with its commits where %s", async (_, damage) => {
  writePool("worktree");
  const { commit } = leaveWork("worktree");
  lend();
  rmSync(slotPath("worktree"), { recursive: true });
  damage();
  expect(await recover()).toMatchObject({ corruptedRecovered: 1, errors: [] });
  expect(git(slotPath("worktree"), "rev-parse", "HEAD")).toBe(commit);
  expect(readFileSync(join(slotPath("worktree"), "committed.txt"), "utf8")).toBe("only here\n");
  expect(await recover()).toMatchObject({ actions: [] });
});

test("a ref of a lent slot is left to a person", async () => {
  writePool("worktree");
  leaveWork("worktree");
  lend();
  writeFileSync(ownRef(), "");
  const report = await recover();
  expect(report).toMatchObject({ corruptedRecovered: 0, corruptedIsolated: 0, errors: [] });
  expect(report.actions).toMatchObject([{ action: "restore_refs", outcome: "refused", reason: "allocated" }]);
  expect(readFileSync(ownRef(), "utf8")).toBe("");
});

test("the work tree of a lent slot comes back although its index is too large to be copied", async () => {
  const real = new RealPool(1, "worktree");
  const { path, gitDirectory } = new SlotPlace(real, 1);
  real.writeRecord(1, { state: "allocated", last_allocated_at: new Date().toISOString().slice(0, 19) });
  rmSync(path, { recursive: true });
  truncateSync(join(gitDirectory, "index"), 2 ** 29 + 1);
  const { workspacesDir, stateDir } = real;
  const config = { ...createDefaultConfig(real.root), workspacesDir, stateDir };
  await new PoolManager({ config }).autoRecover({});
  expect(existsSync(join(path, "file.txt"))).toBe(true);
  real.destroy();
});
