import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { git } from "../../test/kit/real-pool.ts";
import { fillRepository, type RepositorySize } from "./big-repository.ts";

export function hoursAgo(hours: number): string {
  return formatPoolTime(new Date(Date.now() - hours * 3_600_000), systemTimeZone());
}

/** A pool of clones of one big repository. */
export class BigPool {
  readonly root = mkdtempSync(join(tmpdir(), "bench-monorepo-"));
  readonly workspacesDir = join(this.root, "workspaces");
  readonly origin = join(this.root, "origin.git");
  readonly slotNumbers: readonly number[];

  constructor(slotNumbers: readonly number[]) {
    this.slotNumbers = slotNumbers;
  }

  get url(): string {
    return `file://${this.origin}`;
  }

  slotPath(number: number): string {
    return join(this.workspacesDir, "big", `slot${number}`);
  }

  slotId(number: number): string {
    return `workspace-big-slot${number}`;
  }

  /** A command for bash that runs the same in each slot. */
  inEachSlot(command: string): string {
    return this.slotNumbers.map((number) => `git -C ${this.slotPath(number)} ${command}`).join("; ");
  }

  async make(size: RepositorySize): Promise<void> {
    execFileSync("git", ["init", "-q", "--bare", "-b", "main", this.origin]);
    await fillRepository(this.origin, size);
    mkdirSync(join(this.workspacesDir, "locks"), { recursive: true });
    mkdirSync(join(this.workspacesDir, "big"));
    const [first = 1, ...others] = this.slotNumbers;
    git(this.root, "clone", "-q", this.url, this.slotPath(first));
    for (const number of others)
      cpSync(this.slotPath(first), this.slotPath(number), { recursive: true, preserveTimestamps: true });
    for (const number of this.slotNumbers) {
      git(this.slotPath(number), "update-index", "-q", "--refresh");
      this.writeRecord(number, { state: "available" });
    }
    const pool = { repo_name: "big", repo_url: this.url, num_slots: this.slotNumbers.length };
    const times = { created_at: hoursAgo(90), updated_at: hoursAgo(90), metadata: {} };
    writeFileSync(join(this.workspacesDir, "big", "pool.json"), JSON.stringify({ ...pool, ...times }));
  }

  writeRecord(number: number, changed: object): void {
    const identity = { slot_id: this.slotId(number), repo_name: "big", repo_url: this.url };
    const use = {
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
    };
    const rest = { current_branch: "main", current_commit: null, metadata: {} };
    const times = { created_at: hoursAgo(90), updated_at: hoursAgo(90) };
    const slotPath = this.slotPath(number);
    const record = { ...identity, slot_path: slotPath, ...use, ...rest, ...times, ...changed };
    writeFileSync(join(slotPath, "slot.json"), JSON.stringify(record));
  }

  destroy(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
