import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { git } from "../test/kit/real-pool.ts";
import { LargeTrees } from "./large-trees.ts";

/** The same trees as the slots of a pool manager's pool. */
export class LargePool extends LargeTrees {
  override get directory(): string {
    return join(this.workspacesDir, "demo");
  }

  protected override get mainRepository(): string {
    return join(this.directory, ".main_repo");
  }

  protected override slotPath(number: number): string {
    const parent = this.layout === "clone" ? this.directory : join(this.directory, "worktrees");
    return join(parent, `slot${number}`);
  }

  override growTo(slotCount: number): void {
    mkdirSync(join(this.workspacesDir, "locks"), { recursive: true });
    super.growTo(slotCount);
    this.#writePoolRecord();
  }

  protected override cloneMainRepository(): void {
    git(this.root, "clone", "-q", "--bare", this.url, this.mainRepository);
  }

  protected override addSlot(number: number): void {
    super.addSlot(number);
    const directory = join(this.directory, `slot${number}`);
    mkdirSync(directory, { recursive: true });
    const record = {
      slot_id: `workspace-demo-slot${number}`,
      repo_name: "demo",
      repo_url: this.url,
      slot_path: this.slotPath(number),
      state: "available",
      allocation_count: 0,
      total_usage_seconds: 0,
      last_allocated_at: null,
      last_released_at: null,
      current_branch: this.branchOf(number),
      current_commit: null,
      metadata: {},
      created_at: now(),
      updated_at: now(),
    };
    writeFileSync(join(directory, "slot.json"), JSON.stringify(record, undefined, 2));
  }

  #writePoolRecord(): void {
    const file = join(this.directory, "pool.json");
    const known = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as object) : {};
    const record = { repo_name: "demo", repo_url: this.url, created_at: now(), ...known };
    const changed = { num_slots: this.slotCount, updated_at: now(), metadata: {} };
    writeFileSync(file, JSON.stringify({ ...record, ...changed }, undefined, 2));
  }
}

function now(): string {
  return formatPoolTime(new Date(), systemTimeZone());
}
