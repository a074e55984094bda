import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { RealPool } from "./real-pool.ts";

/** A pool at the place where the program looks by itself if `root` is the home directory, with one of each anomaly. */
export class GuidePool extends RealPool {
  constructor() {
    super(3);
    mkdirSync(join(this.root, ".necrocode"));
    symlinkSync(this.workspacesDir, join(this.root, ".necrocode/workspaces"));
    this.breakSlots();
  }

  /** Slot 1 was allocated 30 hours ago and has unsaved work, slot 2 is corrupted, the lock of a slot 9 is orphaned. */
  breakSlots(): void {
    const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
    const lastAllocatedAt = formatPoolTime(hoursAgo(30), systemTimeZone());
    this.writeRecord(1, { state: "allocated", allocation_count: 1, last_allocated_at: lastAllocatedAt });
    writeFileSync(join(this.slotPath(1), "unsaved.txt"), "work\n");
    writeFileSync(join(this.slotPath(2), ".git/HEAD"), "");
    writeFileSync(this.lockPath(9), "");
    utimesSync(this.lockPath(9), hoursAgo(25), hoursAgo(25));
  }
}
