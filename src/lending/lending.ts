import { UsageError } from "../platform/coded-error.ts";
import type { LayoutKind } from "../pool/pool.ts";
import { addSlot, type AdditionResult } from "./add-slot.ts";
import { allocateSlot, type AllocationOptions, type AllocationResult } from "./allocate-slot.ts";
import { createPool, type CreationResult } from "./create-pool.ts";
import { isReadable, type LendingContext } from "./lending-context.ts";
import { defaultCleanup, type CleanupPolicy, type LendingRules } from "./lending-rules.ts";
import type { ReleaseEnd, SlotRelease } from "../recovery/slot-release.ts";
import { endUse, releaseSlot, type ReleaseResult } from "./release-slot.ts";
import { removeSlot, type RemovalResult } from "./remove-slot.ts";

export interface PoolCreationOptions {
  /** By default the one that pools.yaml has for this pool. */
  readonly repoUrl?: string | undefined;
  /** By default what pools.yaml says for this pool, or for all. */
  readonly numSlots?: number | undefined;
  readonly layout?: LayoutKind | undefined;
  /** Called after each slot that was made. */
  readonly onSlot?: (doneCount: number, totalCount: number) => void;
}

/** The manager's part: creates pools, allocates their slots and takes them back. */
export class Lending {
  readonly #context: LendingContext;
  readonly #rules: LendingRules;

  constructor(context: LendingContext, rules: LendingRules) {
    this.#context = context;
    this.#rules = rules;
  }

  async create(repoName: string, options: PoolCreationOptions): Promise<CreationResult> {
    const known = this.#rules.pools[repoName];
    const repoUrl = options.repoUrl ?? known?.repoUrl;
    if (repoUrl === undefined)
      throw new UsageError("REPO_URL_MISSING", `no URL is given for ${repoName}, and pools.yaml has none`);
    const numSlots = options.numSlots ?? known?.numSlots ?? this.#rules.numSlots;
    const wanted = { repoName, repoUrl, numSlots, layout: options.layout ?? "clone" };
    return createPool(this.#context, wanted, (doneCount) => options.onSlot?.(doneCount, numSlots));
  }

  allocate(repoName: string, options: AllocationOptions): Promise<AllocationResult> {
    return allocateSlot(this.#context, repoName, { ...options, cleanup: this.#cleanupOf(repoName) });
  }

  async release(slotId: string): Promise<ReleaseResult> {
    return releaseSlot(this.#context, slotId, (repoName) => this.#cleanupOf(repoName));
  }

  /** A recovery's release of a slot whose lock it holds: the same, and work is saved whatever the pool's policy. */
  readonly endUse: SlotRelease = async ({ pool, slot }): Promise<ReleaseEnd> => {
    if (!isReadable(slot))
      return {
        kind: "unusable",
        reason: "corrupted",
        detail: `${slot.recordPath} cannot be read`,
        salvageId: undefined,
      };
    const policy = this.#cleanupOf(pool.repoName);
    return endUse(this.#context, { pool, slot }, { policy, savesAlways: true });
  };

  add(repoName: string): Promise<AdditionResult> {
    return addSlot(this.#context, repoName);
  }

  remove(slotId: string, options: { force: boolean }): Promise<RemovalResult> {
    return removeSlot(this.#context, slotId, options);
  }

  #cleanupOf(repoName: string): CleanupPolicy {
    return this.#rules.pools[repoName]?.cleanup ?? defaultCleanup;
  }
}
