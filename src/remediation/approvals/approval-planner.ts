import { asError } from "../../platform/coded-error.ts";
import type { QueueState } from "../queue/queue-state.ts";
import type { RecoveryRecord } from "../queue/recovery-queue.ts";
import type { RequestRunner } from "../queue/recovery-workers.ts";

/** Adds to each recovery that waits for approval what it would do, for the person who decides. One at a time. */
export class ApprovalPlanner {
  readonly #state: QueueState;
  readonly #runner: RequestRunner;
  #planning: Promise<void> | undefined;
  #isStarted = false;

  constructor({ state, runner }: { state: QueueState; runner: RequestRunner }) {
    this.#state = state;
    this.#runner = runner;
  }

  start(): void {
    this.#isStarted = true;
  }

  /** Resolves when the running plan is made. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    await this.#planning;
  }

  planNext(): void {
    if (!this.#isStarted || this.#planning !== undefined) return;
    const record = this.#state.recoveries.all().find((candidate) => this.#isUnplanned(candidate));
    if (record === undefined) return;
    this.#planning = this.#plan(record).finally(() => {
      this.#planning = undefined;
      this.planNext();
    });
  }

  #isUnplanned({ state, report, error, recoveryId }: RecoveryRecord): boolean {
    const isPlanned = report !== undefined || error !== undefined;
    return state === "waiting_for_approval" && !isPlanned && !this.#state.isForeign(recoveryId);
  }

  async #plan({ recoveryId, request }: RecoveryRecord): Promise<void> {
    const options = { ...request.options, dryRun: true };
    const change = await this.#runner.run({ ...request, options }).then(
      (report) => ({ report }),
      (thrown: unknown) => ({ error: asError(thrown).message }),
    );
    // Saved for `recoveries list`; after a restart a plan is made again.
    if (this.#state.recoveries.get(recoveryId)?.state === "waiting_for_approval")
      this.#state.change(recoveryId, change);
  }
}
