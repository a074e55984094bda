import { SingleFlight } from "../../platform/single-flight.ts";
import type { LiveConfig } from "../config/live-config.ts";
import { runInMode, type ScheduledRunOptions } from "./run-in-mode.ts";

export interface ScheduledRecoveryOptions extends ScheduledRunOptions {
  readonly live: Pick<LiveConfig, "config" | "services" | "remediation">;
}

/** The recovery of `recovery.schedule`: every pool, with the configured strategy, as far as `recovery.mode` permits. */
export class ScheduledRecovery {
  readonly #options: ScheduledRecoveryOptions;
  readonly #flight = new SingleFlight();

  constructor(options: ScheduledRecoveryOptions) {
    this.#options = options;
  }

  /** Never twice at once, also if a schedule that was replaced still runs one. */
  run(): Promise<void> {
    return this.#flight.run(() => this.#run());
  }

  async #run(): Promise<void> {
    const { live } = this.#options;
    const { mode } = live.remediation;
    const createRequest = ({ dryRun }: { dryRun: boolean }) => {
      const input = { strategy: live.config.recovery.strategy };
      const request = live.services.recovery.createRequest({ slotId: undefined, force: false, input });
      return { ...request, options: { ...request.options, dryRun } };
    };
    await runInMode({ schedule: "recovery", mode, createRequest }, this.#options);
  }
}
