import type { RefusalReason } from "../../recovery/recovery-action.ts";
import type { RecoveryReport } from "../../recovery/recovery-report.ts";

/** Guards whose verdict may be another one later, without a new alert. */
const passingRefusals: readonly (RefusalReason | (string & {}))[] = [
  "lock_held",
  "allocation_alive",
  "allocated",
  "activity_unknown",
  "paused",
  "cooldown",
  "budget",
  "storm",
  "disk_space",
  "not_leader",
] satisfies RefusalReason[];

/** True if the run did nothing, and only because of something that passes. */
export function isRetryable({ actions }: RecoveryReport): boolean {
  return (
    actions.every(({ outcome }) => outcome === "refused") &&
    actions.some(({ reason }) => passingRefusals.includes(reason))
  );
}
