import type { JournalEntry } from "../../journal/journal-entry.ts";
import type { JournalFollower } from "../../journal/journal.ts";

/** The runs that failed on a slot since it was last recovered. */
export interface FailureStreak {
  readonly runCount: number;
  readonly lastAt: Date;
}

interface SlotPast {
  failedRuns: number;
  lastFailedRun: string | undefined;
  lastFailedAt: number;
  lastActedAt: number;
}

/** What the journal says about earlier runs, as far as the guards of unattended runs ask. Survives a restart with it. */
export class RecoveryMemory {
  readonly #slots = new Map<string, SlotPast>();
  readonly #storms = new Map<string, number>();
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

  /** Slots that something was done to, or tried, since then. */
  slotsActedOnSince(since: Date): string[] {
    return [...this.#slots].flatMap(([slotId, past]) => (past.lastActedAt > since.getTime() ? [slotId] : []));
  }

  /** When a run last saw so many corrupted slots in the pool that it held back. */
  lastStormOf(repoName: string): Date | undefined {
    const at = this.#storms.get(repoName);
    return at === undefined ? undefined : new Date(at);
  }

  #add(entry: JournalEntry): void {
    const { kind, mode, outcome, reason, repo_name: repoName = "", slot_id: slotId, count, data } = entry;
    const at = Date.parse(entry.at);
    if (kind !== "outcome" || mode !== "live" || count !== undefined || Number.isNaN(at)) return;
    if (reason === "storm" && data?.["observed"] === true) this.#storms.set(repoName, at);
    if (outcome !== "refused" && slotId !== undefined) this.#addOutcome(this.#pastOf(slotId), entry, at);
  }

  #addOutcome(past: SlotPast, { recovery_id: runId, outcome, action, data }: JournalEntry, at: number): void {
    past.lastActedAt = at;
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
    const past = { failedRuns: 0, lastFailedRun: undefined, lastFailedAt: 0, lastActedAt: 0 };
    this.#slots.set(slotId, past);
    return past;
  }
}
