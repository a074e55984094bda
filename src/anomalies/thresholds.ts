/** What a judgement compares facts with. */
export interface Thresholds {
  readonly maxAllocationHours: number;
  /** Overrides the `idle_after` of every source; undefined leaves it to them. */
  readonly idleAfterHours?: number | undefined;
  readonly staleLockHours: number;
  readonly staleGitLockMinutes: number;
  readonly staleGitLockMinutesAllocated: number;
  readonly heartbeatMaxAgeSeconds: number;
  /** Other names of a pool's remote that count as unchanged. */
  readonly remoteAliases: readonly string[];
}

export const defaultThresholds: Thresholds = {
  maxAllocationHours: 24,
  staleLockHours: 24,
  staleGitLockMinutes: 15,
  staleGitLockMinutesAllocated: 60,
  heartbeatMaxAgeSeconds: 600,
  remoteAliases: [],
};
