import type { Logger } from "../../platform/logger.ts";
import { SingleFlight } from "../../platform/single-flight.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { RecoveryRunner } from "../recovery-runner.ts";

export interface ScheduledRecoveryOptions {
  readonly live: Pick<LiveConfig, "config" | "services" | "remediation">;
  readonly remediation: Pick<Remediation, "awaitApproval">;
  readonly logger: Logger;
  readonly runner: Pick<RecoveryRunner, "run">;
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
    const { live, runner, remediation, logger } = this.#options;
    const { mode } = live.remediation;
    if (mode === "off") {
      logger.info({ schedule: "recovery", mode }, "schedule.off");
      return;
    }
    const input = { strategy: live.config.recovery.strategy };
    const request = live.services.recovery.createRequest({ slotId: undefined, force: false, input });
    const options = { ...request.options, dryRun: mode === "dry_run" };
    const scheduled = { ...request, options, trigger: "schedule", requestedBy: "schedule" } as const;
    if (mode !== "approve") await runner.run(scheduled);
    else if (!remediation.awaitApproval(scheduled))
      logger.info({ schedule: "recovery", mode }, "schedule.not_queued");
  }
}
