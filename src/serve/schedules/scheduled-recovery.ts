import type { LiveConfig } from "../config/live-config.ts";
import type { RecoveryRunner } from "../recovery-runner.ts";

export interface ScheduledRecoveryOptions {
  readonly live: Pick<LiveConfig, "config" | "services">;
  readonly runner: Pick<RecoveryRunner, "run">;
}

/** The recovery of `recovery.schedule`: every pool, with the configured strategy. */
export class ScheduledRecovery {
  readonly #options: ScheduledRecoveryOptions;
  #running: Promise<void> | undefined;

  constructor(options: ScheduledRecoveryOptions) {
    this.#options = options;
  }

  /** Never twice at once, also if a schedule that was replaced still runs one. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { live, runner } = this.#options;
    const input = { strategy: live.config.recovery.strategy };
    const request = live.services.recovery.createRequest({ slotId: undefined, force: false, input });
    await runner.run({ ...request, trigger: "schedule", requestedBy: "schedule" });
  }
}
