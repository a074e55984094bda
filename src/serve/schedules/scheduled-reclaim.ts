import { SingleFlight } from "../../platform/single-flight.ts";
import type { Leadership } from "../../pool/locks/leadership.ts";
import { recoverNothing } from "../../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { LiveConfig } from "../config/live-config.ts";
import { runInMode, type ScheduledRunOptions } from "./run-in-mode.ts";

export interface ScheduledReclaimOptions extends ScheduledRunOptions {
  readonly live: Pick<LiveConfig, "services" | "remediation">;
  readonly leadership: Pick<Leadership, "isLeader">;
}

/**
 * The reclaim of `reclaim.schedule`: slots of sources that are beyond the limits which their sources set, as far as
 * `recovery.mode` permits. Only the `serve` that leads does it.
 */
export class ScheduledReclaim {
  readonly #options: ScheduledReclaimOptions;
  readonly #flight = new SingleFlight();

  constructor(options: ScheduledReclaimOptions) {
    this.#options = options;
  }

  /** Never twice at once, also if a schedule that was replaced still runs one. */
  run(): Promise<void> {
    return this.#flight.run(() => this.#run());
  }

  async #run(): Promise<void> {
    const { live, leadership } = this.#options;
    if (!leadership.isLeader()) return;
    const { mode } = live.remediation;
    const createRequest = ({ dryRun }: { dryRun: boolean }): RecoveryRequest => {
      // A program that knows no such task, and reads the request from the queue, must take it for nothing.
      const input = { ...recoverNothing, dryRun };
      const request = live.services.recovery.createRequest({ slotId: undefined, force: false, input });
      return { ...request, task: "reclaim" };
    };
    await runInMode({ schedule: "reclaim", mode, createRequest }, this.#options);
  }
}
