import { reclaimActions } from "../recovery-action.ts";
import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { JournalFollower } from "../../journal/journal.ts";

/** The runs that failed on a slot since it was last recovered. */
export interface FailureStreak {
  readonly runCount: number;
  readonly lastAt: Date;
}

/** One run's work on one slot, however many steps it took. */
export interface SlotRecovery {
  readonly slotId: string;
  readonly runId: string;
}

interface SlotPast {
  failedRuns: number;
  lastFailedRun: string | undefined;
  lastFailedAt: number;
}

/** Older ones are not needed. */
const keptMilliseconds = 3_600_000;

/** What the journal says about earlier runs, as far as the guards of unattended runs ask. Survives a restart with it. */
export class RecoveryMemory {
  readonly #slots = new Map<string, SlotPast>();
  readonly #storms = new Map<string, number>();
  /** By run and slot, the one that was acted on last at the end. */
  readonly #recoveries = new Map<string, SlotRecovery & { readonly at: number }>();
  readonly #follower: Pick<JournalFollower, "readNew">;

  constructor(follower: Pick<JournalFollower, "readNew">) {
    this.#follower = follower;
  }

  /** Takes in the lines that were written since, by whichever process. */
  refresh(): void {
    for (const entry of this.#follower.readNew()) this.#add(entry);
  }

  failuresOf(slotId: string): FailureStreak | undefined {
    const past = this.#slots.get(slotId);
    if (past === undefined || past.failedRuns === 0) return undefined;
    return { runCount: past.failedRuns, lastAt: new Date(past.lastFailedAt) };
  }

  /**
   * Runs that acted on a slot, or tried to, since that time. A time in the future is from before the clock was set back, and
   * does not count.
   */
  recoveriesSince(since: Date): readonly SlotRecovery[] {
    return [...this.#recoveries.values()].filter(
      ({ at }) => at > since.getTime() && at <= since.getTime() + keptMilliseconds,
    );
  }

  /** When a run last saw a storm in the pool. */
  lastStormOf(repoName: string): Date | undefined {
    const at = this.#storms.get(repoName);
    return at === undefined ? undefined : new Date(at);
  }

  #add(entry: JournalEntry): void {
    const { kind, mode, outcome, reason, repo_name: repoName = "", slot_id: slotId, count, data } = entry;
    const at = Date.parse(entry.at);
    if (kind !== "outcome" || mode !== "live" || count !== undefined || Number.isNaN(at)) return;
    if (reason === "storm" && data?.["observed"] === true) this.#storms.set(repoName, at);
    if (outcome === "refused" || slotId === undefined) return;
    // A reclaim has limits of its own: it must not spend what alerts may do within the hour.
    if (!reclaimActions.has(entry.action ?? "")) this.#addRecovery({ slotId, runId: entry.recovery_id, at });
    this.#addOutcome(this.#pastOf(slotId), entry, at);
  }

  #addRecovery(recovery: SlotRecovery & { readonly at: number }): void {
    const key = `${recovery.runId} ${recovery.slotId}`;
    this.#recoveries.delete(key);
    this.#recoveries.set(key, recovery);
    for (const [oldest, { at }] of this.#recoveries) {
      if (recovery.at - at <= keptMilliseconds) return;
      this.#recoveries.delete(oldest);
    }
  }

  #addOutcome(past: SlotPast, { recovery_id: runId, outcome, action, data }: JournalEntry, at: number): void {
    const hasFailed = outcome === "failed" || action === "isolate";
    if (data?.["recovered"] === true) {
      past.failedRuns = 0;
      past.lastFailedRun = undefined;
    } else if (hasFailed && past.lastFailedRun !== runId) {
      past.failedRuns++;
      past.lastFailedRun = runId;
      past.lastFailedAt = at;
    }
  }

  #pastOf(slotId: string): SlotPast {
    const known = this.#slots.get(slotId);
    if (known !== undefined) return known;
    const past = { failedRuns: 0, lastFailedRun: undefined, lastFailedAt: 0 };
    this.#slots.set(slotId, past);
    return past;
  }
}
