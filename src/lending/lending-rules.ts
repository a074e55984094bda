/** What pools.yaml says about allocating and releasing slots, with the defaults of what it leaves out. */
export interface LendingRules {
  /** Slots of a new pool that names no number. */
  readonly numSlots: number;
  /** What one git command of a clean-up may take. */
  readonly cleanupTimeoutSeconds: number;
  readonly pools: Readonly<Record<string, PoolRules>>;
}

/** What pools.yaml says about one pool. */
interface PoolRules {
  readonly repoUrl: string | undefined;
  readonly numSlots: number | undefined;
  readonly cleanup: CleanupPolicy;
}

/** What clean-up does in one pool. */
export interface CleanupPolicy {
  readonly fetchOnAllocate: boolean;
  readonly cleanOnRelease: boolean;
  /** A release ends with a read of what the next agent reads first. */
  readonly isWarmupEnabled: boolean;
}

export const defaultCleanup: CleanupPolicy = {
  fetchOnAllocate: true,
  cleanOnRelease: true,
  isWarmupEnabled: false,
};

export const defaultLending: LendingRules = { numSlots: 2, cleanupTimeoutSeconds: 600, pools: {} };
