export const strategies = ["conservative", "aggressive", "maintenance"] as const;
export type Strategy = (typeof strategies)[number];

/** What a recovery may do. The first four are the guide's parameters, with the guide's defaults. */
export interface RecoveryOptions {
  readonly maxAllocationHours: number;
  readonly recoverCorrupted: boolean;
  readonly cleanupOrphanedLocks: boolean;
  readonly forceReleaseLongAllocated: boolean;
  /** A forced release also ends an allocation that is demonstrably alive. */
  readonly includeAlive: boolean;
  /** Only this pool. */
  readonly pool: string | undefined;
  /** Make a deep check before deciding. */
  readonly deep: boolean;
  readonly dryRun: boolean;
  /** The main repository of a worktree pool may be cloned again. */
  readonly allowPoolRebuild: boolean;
  /** Slots of another owner may be changed by root. */
  readonly allowRoot: boolean;
  /** A work tree of a source that is registered and gone is checked out again. */
  readonly restoreMissing: boolean;
  /** How long to wait for a slot lock and for another run to end. */
  readonly lockTimeoutSeconds: number;
}

/** Options that are left out are those of the strategy, or the defaults. */
export type RecoveryOptionsInput = Partial<RecoveryOptions> & { readonly strategy?: Strategy };

/** The guide's defaults of `auto_recover`. */
export const defaultRecoveryOptions: RecoveryOptions = {
  maxAllocationHours: 24,
  recoverCorrupted: true,
  cleanupOrphanedLocks: true,
  forceReleaseLongAllocated: false,
  includeAlive: false,
  pool: undefined,
  deep: false,
  dryRun: false,
  allowPoolRebuild: false,
  allowRoot: false,
  restoreMissing: false,
  lockTimeoutSeconds: 30,
};

/** Moves orphaned locks aside, and changes no slot. */
export const onlyOrphanedLocks = {
  recoverCorrupted: false,
  forceReleaseLongAllocated: false,
  cleanupOrphanedLocks: true,
} as const satisfies RecoveryOptionsInput;

/** Changes no slot and no lock. */
export const recoverNothing = {
  recoverCorrupted: false,
  forceReleaseLongAllocated: false,
  cleanupOrphanedLocks: false,
} as const satisfies RecoveryOptionsInput;

/** The guide's three strategies. Maintenance ignores allocations, however old. */
const strategyOptions: Record<Strategy, Partial<RecoveryOptions>> = {
  conservative: { maxAllocationHours: 48, forceReleaseLongAllocated: false },
  aggressive: { maxAllocationHours: 24, forceReleaseLongAllocated: true },
  maintenance: { forceReleaseLongAllocated: false },
};

/** Single options win over the strategy, the strategy over the defaults. Undefined means "not given". */
export function resolveRecoveryOptions(
  input: RecoveryOptionsInput,
  defaults: RecoveryOptions = defaultRecoveryOptions,
): RecoveryOptions {
  const { strategy, ...single } = input;
  const given = Object.fromEntries(
    Object.entries(single as Record<string, unknown>).filter(([, value]) => value !== undefined),
  );
  return { ...defaults, ...(strategy === undefined ? {} : strategyOptions[strategy]), ...given };
}
