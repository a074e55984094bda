import type { Logger } from "../../platform/logger.ts";
import type { Leadership } from "../../pool/locks/leadership.ts";
import { recoverNothing, type RecoveryOptionsInput } from "../../recovery/plan/recovery-options.ts";
import type { RecoveryRequest, RecoveryTask } from "../../recovery/recovery-request.ts";
import type { RequestRunner } from "../../remediation/queue/recovery-workers.ts";
import type { Remediation } from "../../remediation/remediation.ts";
import type { LiveConfig } from "../config/live-config.ts";

export interface UnattendedRunOptions {
  readonly live: Pick<LiveConfig, "config" | "services" | "remediation">;
  readonly leadership: Pick<Leadership, "isLeader">;
  readonly remediation: Pick<Remediation, "awaitApproval">;
  readonly runner: RequestRunner;
  readonly logger: Logger;
}

/** The recovery of `recovery.schedule`: every pool, with the configured strategy, as far as `recovery.mode` permits. */
export async function recoverAll(options: UnattendedRunOptions): Promise<void> {
  const { strategy } = options.live.config.recovery;
  await runInMode({ schedule: "recovery", task: "recover", input: { strategy } }, options);
}

/**
 * The reclaim of `reclaim.schedule`: slots of sources that are beyond the limits which their sources set, as far as
 * `recovery.mode` permits. Only the `serve` that leads does it.
 */
export async function reclaimBeyondLimits(options: UnattendedRunOptions): Promise<void> {
  if (!options.leadership.isLeader()) return;
  // A program that knows no such task, and reads the request from the queue, must take it for nothing.
  await runInMode({ schedule: "reclaim", task: "reclaim", input: recoverNothing }, options);
}

interface ScheduledRun {
  /** In the log. */
  readonly schedule: "recovery" | "reclaim";
  readonly task: RecoveryTask;
  readonly input: RecoveryOptionsInput;
}

/** A person may have to approve it first. */
async function runInMode(
  { schedule, task, input }: ScheduledRun,
  { live, remediation, runner, logger }: UnattendedRunOptions,
): Promise<void> {
  const { mode } = live.remediation;
  if (mode === "off") {
    logger.info({ schedule, mode }, "schedule.off");
    return;
  }
  const wanted = { slotId: undefined, force: false, input: { ...input, dryRun: mode === "dry_run" } };
  const created = live.services.recovery.createRequest(wanted);
  const request: RecoveryRequest = { ...created, task, trigger: "schedule", requestedBy: "schedule" };
  if (mode !== "approve") await runner.run(request);
  else if (!remediation.awaitApproval(request)) logger.info({ schedule, mode }, "schedule.not_queued");
}
