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
import { formatJson } from "../../platform/atomic-file.ts";
import { formatPoolTime, systemTimeZone } from "../../pool/records/local-time.ts";
import { formatSlotId } from "../../pool/slot-id.ts";
import type { LayoutKind, Pool } from "../../pool/pool.ts";
import { readSlotRecord } from "../../pool/pool-store.ts";
import { createPoolServices } from "../../pool-services.ts";
import { systemClock } from "../../platform/clock.ts";
import { requireChange } from "../../lending/lending-error.ts";
import { createDefaultConfig, stateDirectoryOf } from "../../config/default-config.ts";
import { dirname, join } from "node:path";

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
export async function buildDemoPools(root: string, now: Date): Promise<DemoPools> {
  const workspacesDir = join(root, "workspaces");
  mkdirSync(workspacesDir);
  const url = `file://${buildOrigin(root)}`;
  const usual = createDefaultConfig(root);
  const config = { ...usual, workspacesDir, stateDir: stateDirectoryOf(workspacesDir) };
  const clock = { ...systemClock, now: () => hoursBefore(now, 50) };
  const lending = await createPoolServices(config, { clock }).lending();
  const create = async (name: string, layout: LayoutKind): Promise<Pool> =>
    requireChange(await lending.create(name, { repoUrl: url, numSlots: 4, layout })).pool;
  damage(await create("clones", "clone"), await create("worktrees", "worktree"), now);
  return { workspacesDir, ...buildAgentTree(root, url, now) };
}

/** Unsaved work in a work tree without HEAD, which nobody has touched since the agent went away. */
function buildAgentTree(root: string, url: string, now: Date): Omit<DemoPools, "workspacesDir"> {
  const repository = join(root, "src", "api");
  const agentTree = join(repository, ".claude", "worktrees", "fix");
  git(root, "clone", "--quiet", url, repository);
  git(repository, "worktree", "add", "--quiet", agentTree);
  writeFileSync(join(agentTree, "unsaved.txt"), "work that exists nowhere else\n");
  const registration = join(repository, ".git", "worktrees", "fix");
  rmSync(join(registration, "HEAD"));
  const old = hoursBefore(now, 30);
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

/** Objects, a repository and an index that are gone, an agent that went away, and a lock of a slot that does not exist. */
function damage(clones: Pool, worktrees: Pool, now: Date): void {
  rmSync(join(clones.directory, "slot2", ".git", "objects"), { recursive: true });
  rmSync(join(clones.directory, "slot4", ".git"), { recursive: true });
  writeFileSync(join(worktrees.directory, ".main_repo", "worktrees", "slot2", "index"), "DIRC");
  for (const slot of ["slot2", "slot3", "slot4"])
    writeFileSync(join(clones.directory, slot, "unsaved.txt"), "work that exists nowhere else\n");
  const recordPath = join(clones.directory, "slot3", "slot.json");
  const timeZone = systemTimeZone();
  const allocatedAt = formatPoolTime(hoursBefore(now, 30), timeZone);
  const allocation = { state: "allocated", allocation_count: 1, last_allocated_at: allocatedAt };
  const reading = readSlotRecord(recordPath, timeZone);
  if (reading.kind !== "valid") throw new Error(`${recordPath} is no record of a slot`);
  writeFileSync(recordPath, formatJson({ ...reading.record.fields, ...allocation }));
  const lock = join(dirname(clones.directory), "locks", `${formatSlotId(clones.repoName, 9)}.lock`);
  closeSync(openSync(lock, "w"));
  const old = hoursBefore(now, 48);
  utimesSync(lock, old, old);
}

function hoursBefore(now: Date, hours: number): Date {
  return new Date(now.getTime() - hours * 3_600_000);
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
