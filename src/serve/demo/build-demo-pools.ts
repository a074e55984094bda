import { execFileSync } from "node:child_process";
import {
  closeSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { formatJson } from "../../platform/atomic-file.ts";
import { formatPoolTime, systemTimeZone } from "../../pool/records/local-time.ts";
import { formatSlotId } from "../../pool/slot-id.ts";

const slotCount = 4;
const hourMilliseconds = 3_600_000;

interface DemoPool {
  readonly workspacesDir: string;
  readonly name: string;
  readonly url: string;
  readonly now: Date;
}

export interface DemoPools {
  readonly workspacesDir: string;
  /** The repository whose work trees no pool manager has. */
  readonly repository: string;
  /** The work tree of it that an agent left behind. */
  readonly agentTree: string;
}

/**
 * A bare origin, a pool of clones and a pool of worktrees, with one of each anomaly among them, and a repository with an
 * agent's work tree.
 */
export function buildDemoPools(root: string, now: Date): DemoPools {
  const workspacesDir = join(root, "workspaces");
  const origin = buildOrigin(root);
  mkdirSync(join(workspacesDir, "locks"), { recursive: true });
  const clones = { workspacesDir, name: "clones", url: `file://${origin}`, now };
  const worktrees = { ...clones, name: "worktrees" };
  buildClones(clones);
  buildWorktrees(worktrees);
  damage(clones, worktrees);
  return { workspacesDir, ...buildAgentTree(root, clones) };
}

/** Unsaved work in a work tree without HEAD, which nobody has touched since the agent went away. */
function buildAgentTree(root: string, { url, now }: DemoPool): Omit<DemoPools, "workspacesDir"> {
  const repository = join(root, "src", "api");
  const agentTree = join(repository, ".claude", "worktrees", "fix");
  git(root, "clone", "--quiet", url, repository);
  git(repository, "worktree", "add", "--quiet", agentTree);
  writeFileSync(join(agentTree, "unsaved.txt"), "work that exists nowhere else\n");
  const registration = join(repository, ".git", "worktrees", "fix");
  rmSync(join(registration, "HEAD"));
  const old = new Date(now.getTime() - 30 * hourMilliseconds);
  for (const directory of [agentTree, registration])
    for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" }).concat(""))
      lutimesSync(join(directory, name), old, old);
  return { repository, agentTree };
}

function buildOrigin(root: string): string {
  const seed = join(root, "seed");
  mkdirSync(seed);
  writeFileSync(join(seed, "README.md"), "# A repository for the demo\n");
  git(root, "init", "--quiet", "--initial-branch=main", seed);
  git(seed, "add", ".");
  git(seed, "commit", "--quiet", "--message=First commit");
  const origin = join(root, "origin.git");
  git(root, "clone", "--quiet", "--bare", seed, origin);
  return origin;
}

function buildClones(pool: DemoPool): void {
  for (let number = 1; number <= slotCount; number++) {
    const path = join(pool.workspacesDir, pool.name, `slot${number}`);
    git(pool.workspacesDir, "clone", "--quiet", pool.url, path);
    writeSlotRecord(pool, number, { slot_path: path, current_branch: "main" });
  }
  writePoolRecord(pool);
}

function buildWorktrees(pool: DemoPool): void {
  const directory = join(pool.workspacesDir, pool.name);
  const main = join(directory, ".main_repo");
  git(pool.workspacesDir, "clone", "--quiet", "--bare", pool.url, main);
  for (let number = 1; number <= slotCount; number++) {
    const path = join(directory, "worktrees", `slot${number}`);
    const branch = `worktree/${pool.name}/slot${number}`;
    git(main, "worktree", "add", "--quiet", path, "-b", branch, "HEAD");
    mkdirSync(join(directory, `slot${number}`));
    writeSlotRecord(pool, number, { slot_path: path, current_branch: branch });
  }
  writePoolRecord(pool);
}

/** Objects, a repository and an index that are gone, an agent that went away, and a lock of a slot that does not exist. */
function damage(clones: DemoPool, worktrees: DemoPool): void {
  const { workspacesDir, now } = clones;
  rmSync(join(workspacesDir, clones.name, "slot2", ".git", "objects"), { recursive: true });
  rmSync(join(workspacesDir, clones.name, "slot4", ".git"), { recursive: true });
  writeFileSync(join(workspacesDir, worktrees.name, ".main_repo", "worktrees", "slot2", "index"), "DIRC");
  const path = join(workspacesDir, clones.name, "slot3");
  for (const slot of ["slot2", "slot3", "slot4"])
    writeFileSync(join(workspacesDir, clones.name, slot, "unsaved.txt"), "work that exists nowhere else\n");
  const allocatedAt = formatPoolTime(new Date(now.getTime() - 30 * hourMilliseconds), systemTimeZone());
  const allocation = { state: "allocated", allocation_count: 1, last_allocated_at: allocatedAt };
  writeSlotRecord(clones, 3, { slot_path: path, current_branch: "main", ...allocation });
  const lock = join(workspacesDir, "locks", `${formatSlotId(clones.name, 9)}.lock`);
  closeSync(openSync(lock, "w"));
  const old = new Date(now.getTime() - 48 * hourMilliseconds);
  utimesSync(lock, old, old);
}

function writeSlotRecord(pool: DemoPool, number: number, more: Record<string, unknown>): void {
  const time = formatPoolTime(new Date(pool.now.getTime() - 50 * hourMilliseconds), systemTimeZone());
  const record = {
    slot_id: formatSlotId(pool.name, number),
    repo_name: pool.name,
    repo_url: pool.url,
    state: "available",
    allocation_count: 0,
    total_usage_seconds: 0,
    last_allocated_at: null,
    last_released_at: null,
    current_commit: null,
    metadata: {},
    created_at: time,
    updated_at: time,
    ...more,
  };
  writeFileSync(join(pool.workspacesDir, pool.name, `slot${number}`, "slot.json"), formatJson(record));
}

function writePoolRecord({ workspacesDir, name, url, now }: DemoPool): void {
  const time = formatPoolTime(now, systemTimeZone());
  const record = {
    repo_name: name,
    repo_url: url,
    num_slots: slotCount,
    created_at: time,
    updated_at: time,
    metadata: {},
  };
  writeFileSync(join(workspacesDir, name, "pool.json"), formatJson(record));
}

function git(cwd: string, ...args: string[]): void {
  execFileSync("git", ["-c", "user.name=demo", "-c", "user.email=demo@example.invalid", ...args], {
    cwd,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: "/nonexistent",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
    },
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 60_000,
  });
}
