import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../../src/pool/local-time.ts";

/** A pool of real clones in a directory of its own, made with plain git and JSON as a neighbouring manager would. */
export class RealPool {
  readonly root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
  readonly workspacesDir = join(this.root, "workspaces");
  readonly stateDir = join(this.workspacesDir, ".repo-pool-sidecar");
  readonly origin = join(this.root, "origin.git");

  constructor(slotCount = 3) {
    const seed = join(this.root, "seed");
    mkdirSync(join(this.workspacesDir, "locks"), { recursive: true });
    mkdirSync(join(this.workspacesDir, "demo"));
    git(this.root, "init", "-q", "-b", "main", seed);
    writeFileSync(join(seed, "file.txt"), "content\n");
    git(seed, "add", ".");
    git(seed, "commit", "-q", "-m", "first");
    git(this.root, "clone", "-q", "--bare", seed, this.origin);
    for (let number = 1; number <= slotCount; number++) this.#addSlot(number);
    const time = formatPoolTime(new Date(), systemTimeZone());
    const record = {
      repo_name: "demo",
      repo_url: this.url,
      num_slots: slotCount,
      created_at: time,
      updated_at: time,
    };
    writeFileSync(join(this.workspacesDir, "demo", "pool.json"), JSON.stringify({ ...record, metadata: {} }));
  }

  get url(): string {
    return `file://${this.origin}`;
  }

  slotId(number: number): string {
    return `workspace-demo-slot${number}`;
  }

  slotPath(number: number): string {
    return join(this.workspacesDir, "demo", `slot${number}`);
  }

  lockPath(number: number): string {
    return join(this.workspacesDir, "locks", `${this.slotId(number)}.lock`);
  }

  destroy(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #addSlot(number: number): void {
    git(this.root, "clone", "-q", this.url, this.slotPath(number));
    const time = formatPoolTime(new Date(), systemTimeZone());
    const record = {
      slot_id: this.slotId(number),
      repo_name: "demo",
      repo_url: this.url,
      slot_path: this.slotPath(number),
      state: "available",
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
      current_branch: "main",
      current_commit: null,
      metadata: {},
      created_at: time,
      updated_at: time,
    };
    writeFileSync(join(this.slotPath(number), "slot.json"), JSON.stringify(record, undefined, 2));
  }
}

/** Runs git apart from the settings of whoever runs the tests. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...identity, ...args], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  }).trim();
}
