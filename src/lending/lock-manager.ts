import type { OrphanedLock } from "../anomalies/anomaly.ts";
import type { SnapshotService } from "../anomalies/snapshot-service.ts";
import { dirname } from "node:path";
import { isHeldDirectory, isLockFree, readLocks, type LockFacts } from "../pool/locks/lock-inspection.ts";
import type { Clock } from "../platform/clock.ts";
import { CodedError } from "../platform/coded-error.ts";
import { requireWorkspaces } from "../platform/state-directory.ts";
import type { RecoveryService } from "../recovery/recovery-service.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";

export interface StaleLockOptions {
  /** By default what the configuration says: 24 hours. */
  readonly maxAgeHours?: number;
}

/** What `forceUnlock` did. */
export type UnlockResult =
  | { readonly kind: "unlocked"; readonly detail: string }
  /** Nobody holds it: there is nothing to do, and the file stays. */
  | { readonly kind: "not_locked"; readonly detail: string }
  /** `holders` is empty if the holder cannot be seen. */
  | {
      readonly kind: "refused";
      readonly reason: "lock_held";
      readonly detail: string;
      readonly holders: readonly { readonly pid: number; readonly command: string }[];
    };

export interface ListedLock {
  readonly slotId: string;
  readonly path: string;
  readonly isHeld: boolean;
  readonly holders: readonly { readonly pid: number; readonly command: string }[];
}

export interface LockManagerOptions {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly clock: Clock;
  /** The age from which a lock that nobody holds is stale, unless a call names another one. */
  readonly staleLockHours: number;
  readonly snapshots: Pick<SnapshotService, "take">;
  readonly recovery: Pick<RecoveryService, "moveStaleLocks">;
}

/**
 * The guide's lock manager. A plain lock file of an existing slot is never removed: unheld it is harmless, and its
 * removal can let two programs in at once.
 */
export class LockManager {
  readonly #options: LockManagerOptions;

  constructor(options: LockManagerOptions) {
    this.#options = options;
  }

  /** Locks of slots that do not exist, and lock directories, older than the threshold and held by nobody. */
  async detectStaleLocks({ maxAgeHours }: StaleLockOptions = {}): Promise<readonly OrphanedLock[]> {
    const snapshot = await this.#options.snapshots.take({ staleLockHours: maxAgeHours });
    return snapshot.anomalies.orphanedLocks;
  }

  /** Moves the stale locks aside as a recovery does, with its guards and its journal. @returns how many. */
  cleanupStaleLocks({ maxAgeHours }: StaleLockOptions = {}): Promise<number> {
    return this.#options.recovery.moveStaleLocks(maxAgeHours ?? this.#options.staleLockHours);
  }

  /**
   * Every lock that is there, and who holds it as far as that can be seen.
   * @throws CodedError `WORKSPACES_UNREADABLE` if locks cannot be seen
   */
  async list(): Promise<ListedLock[]> {
    const locks = await this.#readLocks();
    return locks.map((lock) => ({
      slotId: lock.slotId,
      path: lock.path,
      isHeld: this.#isHeld(lock),
      holders: lock.holder.kind === "held" ? lock.holder.processes : [],
    }));
  }

  /** Whether somebody holds the lock of this slot. @throws as `list` */
  async isLocked(slotId: string): Promise<boolean> {
    const lock = await this.#find(slotId);
    return lock !== undefined && this.#isHeld(lock);
  }

  /** Moves an old lock directory aside. A held lock is refused, and its holder named; a lock file stays. */
  async forceUnlock(slotId: string): Promise<UnlockResult> {
    const lock = await this.#find(slotId);
    if (lock === undefined)
      return { kind: "not_locked", detail: `${this.#options.workspacesDir} has no lock of ${slotId}` };
    const { path } = lock;
    if (this.#isHeld(lock)) return refuseHeld(lock);
    if (lock.entryKind === "file")
      return {
        kind: "not_locked",
        detail: `nobody holds ${path}; the file stays, as it does after every release`,
      };
    const { stateDir, clock } = this.#options;
    const stamp = clock.now().toISOString().replace(/[:.]/g, "-");
    const target = moveToQuarantine(path, {
      ...{ stateDir, stamp, slotId, within: dirname(path) },
      note: () => undefined,
    });
    return { kind: "unlocked", detail: `the old lock directory ${path} was moved to ${target}` };
  }

  async #find(slotId: string): Promise<LockFacts | undefined> {
    return (await this.#readLocks()).find((lock) => lock.slotId === slotId);
  }

  /** @throws CodedError `WORKSPACES_UNREADABLE` if they cannot be listed: then none is known to be free */
  async #readLocks(): Promise<readonly LockFacts[]> {
    const { workspacesDir } = this.#options;
    requireWorkspaces(workspacesDir);
    const { locks, unread } = await readLocks(workspacesDir);
    if (unread === undefined) return locks;
    throw new CodedError("WORKSPACES_UNREADABLE", `${unread.path}: ${unread.detail}`);
  }

  #isHeld(lock: LockFacts): boolean {
    if (lock.entryKind === "file")
      return lock.holder.kind === "held" || (lock.holder.kind === "unknown" && !isLockFree(lock.path));
    const { clock, staleLockHours } = this.#options;
    return isHeldDirectory(lock, clock.now(), staleLockHours);
  }
}

function refuseHeld({ path, holder, entryKind }: LockFacts): UnlockResult {
  const holders = holder.kind === "held" ? holder.processes : [];
  const names = holders.map(({ pid, command }) =>
    command === "" ? `pid ${pid}` : `pid ${pid} (${command})`,
  );
  const who =
    names.length > 0
      ? names.join(", ")
      : entryKind === "directory"
        ? "the process that touched it last"
        : "a process that cannot be seen from here";
  return { kind: "refused", reason: "lock_held", detail: `${path} is held by ${who}`, holders };
}
