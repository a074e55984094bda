/** What pools.yaml says about allocating and releasing slots, with the defaults of what it leaves out. */
export interface LendingSettings {
  /** Slots of a new pool that names no number. */
  readonly numSlots: number;
  /** What one git command of a clean-up may take. */
  readonly cleanupTimeoutSeconds: number;
  readonly pools: Readonly<Record<string, PoolLendingSettings>>;
}

/** What pools.yaml says about one pool. */
export interface PoolLendingSettings {
  readonly repoUrl: string | undefined;
  readonly numSlots: number | undefined;
  readonly cleanup: CleanupSettings;
}

export interface CleanupSettings {
  readonly fetchOnAllocate: boolean;
  readonly cleanOnRelease: boolean;
  /** A release ends with a read of what the next agent reads first. */
  readonly isWarmupEnabled: boolean;
}

export const defaultCleanup: CleanupSettings = {
  fetchOnAllocate: true,
  cleanOnRelease: true,
  isWarmupEnabled: false,
};

export const defaultLending: LendingSettings = { numSlots: 2, cleanupTimeoutSeconds: 600, pools: {} };
