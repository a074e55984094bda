import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";

/** What sets a pool apart from others in one workspaces directory. */
export interface RealPoolPlace {
  /** Below the pool's own directory unless it is given. */
  readonly workspacesDir?: string;
  readonly repoName?: string;
}

/** A real pool in a directory of its own, made with plain git and JSON as a neighbouring manager would. */
export class RealPool {
  readonly root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly origin = join(this.root, "origin.git");

  readonly layout: "clone" | "worktree";
  readonly repoName: string;

  constructor(slotCount = 3, layout: "clone" | "worktree" = "clone", place: RealPoolPlace = {}) {
    this.layout = layout;
    this.repoName = place.repoName ?? "demo";
    this.workspacesDir = place.workspacesDir ?? join(this.root, "workspaces");
    this.stateDir = join(this.workspacesDir, ".repo-pool-sidecar");
    const seed = join(this.root, "seed");
    mkdirSync(join(this.workspacesDir, "locks"), { recursive: true });
    mkdirSync(this.directory);
    git(this.root, "init", "-q", "-b", "main", seed);
    writeFileSync(join(seed, "file.txt"), "content\n");
    git(seed, "add", ".");
    git(seed, "commit", "-q", "-m", "first");
    git(this.root, "clone", "-q", "--bare", seed, this.origin);
    if (layout === "worktree") this.makeMainRepository();
    for (let number = 1; number <= slotCount; number++) this.addSlot(number);
    const time = formatPoolTime(new Date(), systemTimeZone());
    const record = {
      repo_name: this.repoName,
      repo_url: this.url,
      num_slots: slotCount,
      created_at: time,
      updated_at: time,
    };
    writeFileSync(join(this.directory, "pool.json"), JSON.stringify({ ...record, metadata: {} }));
  }

  get url(): string {
    return `file://${this.origin}`;
  }

  slotId(number: number): string {
    return `workspace-${this.repoName}-slot${number}`;
  }

  get directory(): string {
    return join(this.workspacesDir, this.repoName);
  }

  /** Of a worktree pool. */
  get mainRepository(): string {
    return join(this.directory, ".main_repo");
  }

  /** The work tree. */
  slotPath(number: number): string {
    const parent = this.layout === "clone" ? this.directory : join(this.directory, "worktrees");
    return join(parent, `slot${number}`);
  }

  recordPath(number: number): string {
    return join(this.directory, `slot${number}`, "slot.json");
  }

  lockPath(number: number): string {
    return join(this.workspacesDir, "locks", `${this.slotId(number)}.lock`);
  }

  destroy(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  protected makeMainRepository(): void {
    git(this.root, "clone", "-q", "--bare", this.url, this.mainRepository);
  }

  addSlot(number: number): void {
    const path = this.slotPath(number);
    const branch = this.layout === "clone" ? "main" : `worktree/${this.repoName}/slot${number}`;
    if (this.layout === "clone") git(this.root, "clone", "-q", this.url, path);
    else git(this.mainRepository, "worktree", "add", "-q", path, "-b", branch);
    const time = formatPoolTime(new Date(), systemTimeZone());
    this.writeRecord(number, {
      slot_id: this.slotId(number),
      repo_name: this.repoName,
      repo_url: this.url,
      slot_path: path,
      state: "available",
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
      current_branch: branch,
      current_commit: null,
      metadata: {},
      created_at: time,
      updated_at: time,
    });
  }

  /** Changes fields of slot.json, or writes it again. @throws if something else is in its place. */
  writeRecord(number: number, fields: Readonly<Record<string, unknown>>): void {
    const path = this.recordPath(number);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) throw new Error(`${path} is no file`);
    const current = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as object) : {};
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify({ ...current, ...fields }, undefined, 2));
  }
}

/** Git waits indefinitely for what writes to a FIFO, and so does a git that it started: all of them are ended then. */
const withinOneMinute = ["--signal=KILL", "60"];

/** Runs git apart from the settings of whoever runs the tests. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"];
  // Since 2.47, maintenance goes on in the background after a commit, and writes into what a test has removed.
  const foreground = ["-c", "maintenance.autoDetach=false", "-c", "gc.autoDetach=false"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("timeout", [...withinOneMinute, "git", ...identity, ...foreground, ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  }).trim();
}
