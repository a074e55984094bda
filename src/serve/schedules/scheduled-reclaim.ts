import type { Logger } from "../../platform/logger.ts";
import { SingleFlight } from "../../platform/single-flight.ts";
import type { Leadership } from "../../pool/locks/leadership.ts";
import { recoverNothing } from "../../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { LiveConfig } from "../config/live-config.ts";
import type { ReclaimRunner } from "../reclaim-runner.ts";

export interface ScheduledReclaimOptions {
  readonly live: Pick<LiveConfig, "services" | "remediation">;
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly remediation: Pick<Remediation, "awaitApproval">;
  readonly logger: Logger;
  readonly runner: Pick<ReclaimRunner, "run">;
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
    const { live, leadership, remediation, runner, logger } = this.#options;
    const { mode } = live.remediation;
    if (!leadership.isLeader()) return;
    if (mode === "off") {
      logger.info({ schedule: "reclaim", mode }, "schedule.off");
      return;
    }
    const request = this.#createRequest({ dryRun: mode === "dry_run" });
    if (mode !== "approve") await runner.run(request);
    else if (!remediation.awaitApproval(request))
      logger.info({ schedule: "reclaim", mode }, "schedule.not_queued");
  }

  /** A program that knows no such task, and reads the request from the queue, must take it for nothing. */
  #createRequest({ dryRun }: { dryRun: boolean }): RecoveryRequest {
    const { recovery } = this.#options.live.services;
    const input = { ...recoverNothing, dryRun };
    const created = recovery.createRequest({ slotId: undefined, force: false, input });
    return { ...created, task: "reclaim", trigger: "schedule", requestedBy: "schedule" };
  }
}
