import { resolve } from "node:path";
import { CodedError, UsageError } from "../platform/coded-error.ts";
import { isInside, resolveLinks } from "../platform/contained-path.ts";
import { nearestNames } from "../platform/nearest-names.ts";
import { listManagedPools } from "./managed-pools.ts";
import type { Pool, Slot } from "./pool.ts";
import { readPools } from "./pool-store.ts";
import { parseSlotId } from "./slot-id.ts";
import { includesManaged, listSourcePools, type SourcesPlace } from "./sources/read-sources.ts";
import { unknownPool, unknownSlot } from "./unknown-name.ts";

export interface PoolInventoryOptions extends SourcesPlace {
  readonly timeZone: string;
  /** Slots that a pool is known to have had, so that one whose directory is lost can be named. */
  readonly rememberedNumbers: (repoName: string) => readonly number[];
  /** Removes a pool from the list of known pools. False if it was not on it. */
  readonly forgetKnown: (repoName: string) => boolean;
}

/** The pools and slots as their metadata has them, read at each call; repositories are not inspected. */
export class PoolInventory {
  readonly #options: PoolInventoryOptions;

  constructor(options: PoolInventoryOptions) {
    this.#options = options;
  }

  list(): Pool[] {
    return listManagedPools(this.#options, { timeZone: this.#options.timeZone });
  }

  /** @throws UsageError `POOL_UNKNOWN` if there is no such pool. */
  requirePool(repoName: string): Pool {
    const [pool] = listManagedPools(this.#options, { timeZone: this.#options.timeZone, only: repoName });
    if (pool !== undefined) return pool;
    throw unknownPool(repoName, this.#options);
  }

  /** A pool of any source. @throws UsageError `POOL_UNKNOWN` if none yields such a pool */
  requireWatchedPool(repoName: string): Pool {
    const pools = this.#listWatched();
    const pool = pools.find((candidate) => candidate.repoName === repoName);
    if (pool !== undefined) return pool;
    const near = nearestNames(
      repoName,
      pools.map((candidate) => candidate.repoName),
    );
    throw new UsageError("POOL_UNKNOWN", `no pool is named ${repoName}${near}`);
  }

  /** A slot of any source, by its slot_id or by a path in it. @throws UsageError `SLOT_UNKNOWN` if there is no such slot */
  requireWatchedSlot(slotIdOrPath: string): Slot {
    if (parseSlotId(slotIdOrPath) !== undefined) return this.requireSlot(slotIdOrPath);
    const slots = this.#listWatched().flatMap((pool) => pool.slots);
    const path = resolveLinks(resolve(slotIdOrPath)) ?? resolve(slotIdOrPath);
    const slot =
      slots.find(({ slotId }) => slotId === slotIdOrPath) ??
      slots
        .filter((candidate) => isInside(resolveLinks(candidate.path) ?? candidate.path, path))
        .sort((a, b) => b.path.length - a.path.length)[0];
    if (slot !== undefined) return slot;
    const near = nearestNames(
      slotIdOrPath,
      slots.map(({ slotId }) => slotId),
    );
    const where = this.#options.sources.length === 0 ? ": no sources are configured (`--config.file`)" : "";
    throw new UsageError(
      "SLOT_UNKNOWN",
      `${slotIdOrPath} is no slot that is watched, and lies in none${where}${near}`,
    );
  }

  #listWatched(): Pool[] {
    const managed = includesManaged(this.#options.sources) ? this.list() : [];
    return [...managed, ...listSourcePools(this.#options, managed)];
  }

  /** @throws UsageError `POOL_EXISTS` if the pool is there; `POOL_UNKNOWN` if it was never seen */
  forget(repoName: string): void {
    if (this.#isThere(repoName))
      throw new UsageError(
        "POOL_EXISTS",
        `the pool ${repoName} exists: remove its slots with \`pool remove-slot\`, then its directory`,
      );
    if (this.#options.forgetKnown(repoName)) return;
    throw new UsageError("POOL_UNKNOWN", `no pool named ${repoName} was seen before`);
  }

  #isThere(repoName: string): boolean {
    const { workspacesDir, timeZone } = this.#options;
    try {
      return readPools(workspacesDir, { timeZone, only: repoName }).length > 0;
    } catch (error) {
      // The whole directory is gone: so is the pool.
      if (error instanceof CodedError && error.code === "WORKSPACES_UNREADABLE") return false;
      throw error;
    }
  }

  /** Reads the slot's own pool. @throws UsageError `SLOT_UNKNOWN` if there is no such slot. */
  requireSlot(slotId: string): Slot {
    const only = parseSlotId(slotId)?.repoName;
    const pools = only === undefined ? [] : listManagedPools(this.#options, { ...this.#options, only });
    const slot = pools.flatMap((pool) => pool.slots).find((candidate) => candidate.slotId === slotId);
    if (slot !== undefined) return slot;
    throw unknownSlot(slotId, this.#options);
  }
}
