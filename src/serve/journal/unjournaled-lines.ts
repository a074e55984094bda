import type { JournalLine } from "../../metrics/recovery-totals.ts";
import { systemClock } from "../../platform/clock.ts";
import type { RecoveryReport } from "../../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../recovery/recovery-request.ts";

/** A dry run changes nothing, and its steps are in no journal. */
export function plannedLines({ trigger }: RecoveryRequest, { actions }: RecoveryReport): JournalLine[] {
  return actions
    .filter(({ outcome }) => outcome === "planned")
    .map(({ action, reason }) => ({
      at: systemClock.now().toISOString(),
      kind: "outcome",
      trigger,
      mode: "dry_run",
      action,
      outcome: "planned",
      reason,
    }));
}

/** A run that threw has not logged its end. */
export function failedLine({ trigger, options }: RecoveryRequest): JournalLine {
  const mode = options.dryRun ? "dry_run" : "live";
  const data = { results: { "": { errors: 1 } } };
  return { at: systemClock.now().toISOString(), kind: "run_finished", trigger, mode, data };
}
