import type { Logger } from "../../platform/logger.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";
import type { RemediationMode } from "../../remediation/alerts/policy.ts";
import type { RequestRunner } from "../../remediation/queue/recovery-workers.ts";
import type { Remediation } from "../../remediation/remediation.ts";

export interface ScheduledRunOptions {
  readonly remediation: Pick<Remediation, "awaitApproval">;
  readonly logger: Logger;
  readonly runner: RequestRunner;
}

/** What a schedule asks for. */
export interface ScheduledRun {
  /** In the log. */
  readonly schedule: "recovery" | "reclaim";
  readonly mode: RemediationMode;
  readonly createRequest: (how: { readonly dryRun: boolean }) => RecoveryRequest;
}

/** Runs what a schedule asks for, as far as `recovery.mode` permits: a person may have to approve it first. */
export async function runInMode(
  { schedule, mode, createRequest }: ScheduledRun,
  { remediation, logger, runner }: ScheduledRunOptions,
): Promise<void> {
  if (mode === "off") {
    logger.info({ schedule, mode }, "schedule.off");
    return;
  }
  const created = createRequest({ dryRun: mode === "dry_run" });
  const request = { ...created, trigger: "schedule", requestedBy: "schedule" } as const;
  if (mode !== "approve") await runner.run(request);
  else if (!remediation.awaitApproval(request)) logger.info({ schedule, mode }, "schedule.not_queued");
}
