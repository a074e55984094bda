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
