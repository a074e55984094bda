import { closeSync, openSync, renameSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { leaveLock, overwrite } from "./damage.ts";
import { rememberPool } from "./remember-pool.ts";
import { addSubmodule, SlotPlace } from "./slot-place.ts";
import type { RealPool } from "./real-pool.ts";

/** The slot that is broken, and has work in it. */
export const brokenSlot = 2;

/** A fault, and the command that ends it. */
export interface KillScenario {
  readonly name: string;
  readonly layout: RealPool["layout"];
  /** Actions that the journal names when nothing stops the run. */
  readonly actions: readonly string[];
  readonly inject: (slot: SlotPlace) => void | Promise<void>;
  /** Arguments of the program: `recover` of everything if they are left out. */
  readonly args?: (pool: RealPool) => readonly string[];
  /** What the slot's state is in the end. */
  readonly endState?: string;
  /** What is wrong with the slot in the end: nothing if it is left out. */
  readonly endReasons?: readonly string[];
}

const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);

export const killScenarios: readonly KillScenario[] = [
  {
    name: "the index is garbage",
    layout: "clone",
    actions: ["rebuild_index"],
    inject: ({ gitDirectory }) => {
      overwrite(join(gitDirectory, "index"), "DIRC");
    },
  },
  {
    name: "the objects are gone",
    layout: "clone",
    actions: ["refetch_objects"],
    inject: ({ commonDirectory }) => {
      rmSync(join(commonDirectory, "objects"), { recursive: true });
    },
  },
  {
    name: "the repository is gone",
    layout: "clone",
    actions: ["reclone"],
    inject: ({ commonDirectory }) => {
      rmSync(commonDirectory, { recursive: true });
    },
  },
  {
    name: "HEAD is gone",
    layout: "clone",
    actions: ["restore_links"],
    inject: ({ gitDirectory }) => {
      rmSync(join(gitDirectory, "HEAD"));
    },
  },
  {
    name: "the current branch is empty",
    layout: "clone",
    actions: ["restore_refs"],
    inject: ({ commonDirectory }) => {
      overwrite(join(commonDirectory, "refs/heads/main"), "");
    },
  },
  {
    name: "slot.json is gone, and our copy knows its state",
    layout: "clone",
    actions: ["restore_metadata"],
    inject: async ({ pool, number }) => {
      await rememberPool(pool);
      rmSync(pool.recordPath(number));
    },
  },
  {
    name: "slot.json is gone, and our copy knows an allocation",
    layout: "clone",
    actions: ["restore_metadata"],
    inject: async ({ pool, number }) => {
      const at = formatPoolTime(hoursAgo(1), systemTimeZone());
      pool.writeRecord(number, { state: "allocated", allocation_count: 1, last_allocated_at: at });
      await rememberPool(pool);
      rmSync(pool.recordPath(number));
    },
    endState: "allocated",
  },
  {
    // There is work in the slot, so it may be somebody's.
    name: "slot.json is gone, and nothing knows its state",
    layout: "clone",
    actions: ["restore_metadata", "isolate"],
    inject: ({ pool, number }) => {
      rmSync(pool.recordPath(number));
    },
    endState: "error",
  },
  {
    name: "git left its index.lock",
    layout: "clone",
    actions: ["move_git_lock"],
    inject: (slot) => {
      leaveLock(join(slot.gitDirectory, "index.lock"));
    },
  },
  {
    name: "a lock is of no slot",
    layout: "clone",
    actions: ["move_slot_lock"],
    inject: ({ pool }) => {
      closeSync(openSync(pool.lockPath(9), "w"));
      utimesSync(pool.lockPath(9), hoursAgo(48), hoursAgo(48));
    },
  },
  {
    name: "the allocation is 60 hours old",
    layout: "clone",
    actions: ["release"],
    inject: ({ pool, number }) => {
      const at = formatPoolTime(hoursAgo(60), systemTimeZone());
      pool.writeRecord(number, { state: "allocated", allocation_count: 1, last_allocated_at: at });
    },
    args: () => ["recover", "--strategy", "aggressive"],
  },
  {
    name: "a person isolates the slot",
    layout: "clone",
    actions: ["isolate"],
    inject: () => undefined,
    args: (pool) => ["isolate", pool.slotId(brokenSlot), "--reason", "a person looks at it"],
    endState: "error",
  },
  {
    name: "a person has the slot by force although its remote is gone",
    layout: "clone",
    actions: ["reclone", "release"],
    inject: ({ pool, commonDirectory }) => {
      rmSync(commonDirectory, { recursive: true });
      renameSync(pool.origin, `${pool.origin}.away`);
    },
    args: (pool) => ["recover", pool.slotId(brokenSlot), "--force"],
    endReasons: ["git_missing"],
  },
  {
    name: "the admin directory is gone",
    layout: "worktree",
    actions: ["restore_links"],
    inject: ({ gitDirectory }) => {
      rmSync(gitDirectory, { recursive: true });
    },
  },
  {
    name: "the work tree is gone",
    layout: "worktree",
    actions: ["restore_links"],
    inject: ({ path }) => {
      rmSync(path, { recursive: true });
    },
  },
  {
    name: "the main repository is gone",
    layout: "worktree",
    actions: ["reclone"],
    inject: ({ commonDirectory }) => {
      rmSync(commonDirectory, { recursive: true });
    },
    args: () => ["recover", "--allow-pool-rebuild"],
  },
  {
    name: "the repository of a submodule is gone",
    layout: "worktree",
    actions: ["reclone"],
    inject: ({ pool, number }) => {
      rmSync(addSubmodule(new SlotPlace(pool, number)), { recursive: true });
    },
  },
];

export async function breakForScenario({ inject }: KillScenario, pool: RealPool): Promise<void> {
  await inject(new SlotPlace(pool, brokenSlot));
}
