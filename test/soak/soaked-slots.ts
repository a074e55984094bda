import { existsSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slotLockPath, tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { addHistory } from "../kit/working-slot.ts";

/** How many of the slots each source has. */
const shares = { clones: 0.4, worktrees: 0.2, agents: 0.2, runners: 0.2 };

/** One slot of the soak, of a pool manager or of a source without one. */
export class SoakedSlot {
  readonly pool: RealPool;
  readonly number: number;
  readonly isManaged: boolean;

  constructor(pool: RealPool, number: number, isManaged: boolean) {
    this.pool = pool;
    this.number = number;
    this.isManaged = isManaged;
  }

  get path(): string {
    return this.pool.slotPath(this.number);
  }

  /** Of a slot of the pool manager. */
  get slotId(): string {
    return this.pool.slotId(this.number);
  }

  /** The place, with `root` as the directory for whatever a fault or an agent puts beside it. */
  placeWith(root: string): SlotPlace {
    mkdirSync(root, { recursive: true });
    const pool = Object.create(this.pool, { root: { value: root } }) as RealPool;
    return new SlotPlace(pool, this.number);
  }

  /** Below what is searched for work that could be lost: a fault moves things there. */
  placeForFault(name: string): SlotPlace {
    return this.placeWith(join(this.pool.root, "outside", name));
  }

  /** @returns what ends it; undefined if somebody works on the slot. No pool manager locks a slot of a source. */
  tryLock(): (() => void) | undefined {
    if (!this.isManaged) return () => undefined;
    const lock = tryAcquireSlotLock(slotLockPath(this.pool.workspacesDir, this.slotId));
    if (lock.kind === "busy") return undefined;
    return () => {
      lock.release();
    };
  }

  /** What a person does with a tree that nothing repairs: puts it aside whole, and makes another. */
  renew(name: string): void {
    const retired = join(this.pool.root, "retired");
    mkdirSync(retired, { recursive: true });
    if (existsSync(this.path)) renameSync(this.path, join(retired, name));
    if (this.pool.layout === "clone") {
      git(this.pool.root, "clone", "-q", this.pool.url, this.path);
      return;
    }
    git(this.pool.mainRepository, "worktree", "prune", "--expire", "now");
    git(this.pool.mainRepository, "worktree", "add", "-q", this.path, "-b", `again-${name}`, "main");
  }
}

/** Pools of the pool manager in both layouts, the worktrees of a repository, and checkouts. */
export class SoakedSlots {
  readonly pools: readonly RealPool[];
  readonly slots: readonly SoakedSlot[];
  /** Where agents note what they wrote: apart from what is searched for it. */
  readonly notes = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-soak-"));
  /** What searches for their work learned about packs. */
  readonly learnedFile = join(this.notes, "packs.json");

  constructor(slotCount: number) {
    const counts = Object.entries(shares).map(
      ([repoName, share]) => [repoName, Math.max(3, Math.round(slotCount * share))] as const,
    );
    const managed = { workspacesDir: join(this.notes, "workspaces") };
    this.pools = counts.map(([repoName, count]) => {
      const layout = repoName === "clones" || repoName === "runners" ? "clone" : "worktree";
      const isManaged = repoName === "clones" || repoName === "worktrees";
      const pool = new RealPool(count, layout, { repoName, ...(isManaged ? managed : {}) });
      addHistory(pool, count);
      if (!isManaged) for (let number = 1; number <= count; number++) rmSync(pool.recordPath(number));
      return pool;
    });
    this.slots = this.pools.flatMap((pool, index) =>
      Array.from(
        { length: counts[index]?.[1] ?? 0 },
        (_, offset) => new SoakedSlot(pool, offset + 1, pool.workspacesDir === managed.workspacesDir),
      ),
    );
  }

  get managedPools(): RealPool[] {
    return this.pools.slice(0, 2);
  }

  /** Where `serve` and commands find the pools. */
  get place(): { root: string; workspacesDir: string; stateDir: string } {
    const { workspacesDir, stateDir } = this.pools[0]!;
    return { root: this.notes, workspacesDir, stateDir };
  }

  /** As configured. */
  get sources(): object[] {
    const [, , agents, runners] = this.pools;
    const allow = ["report", "move_git_lock", "repair"];
    return [
      { name: "managed", kind: "managed" },
      { name: "agents", kind: "worktrees", repositories: [realpathSync(agents!.mainRepository)], allow },
      { name: "runners", kind: "checkouts", paths: [join(realpathSync(runners!.directory), "slot*")], allow },
    ];
  }

  /** Everything below which work may be found. */
  get searched(): string[] {
    return [...this.pools.map(({ root }) => root), this.place.workspacesDir];
  }

  destroy(): void {
    for (const root of [...this.pools.map(({ root }) => root), this.notes])
      rmSync(root, { recursive: true, force: true });
  }
}
