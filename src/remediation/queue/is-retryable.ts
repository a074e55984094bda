import type { RefusalReason } from "../../recovery/recovery-action.ts";
import type { RecoveryReport } from "../../recovery/recovery-report.ts";

/** Guards that may permit the same recovery later. */
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
  "state_unwritable",
  "not_leader",
] satisfies RefusalReason[];

/** True if the run did nothing, and every refusal was for a condition that passes. */
export function isRetryable({ actions }: RecoveryReport): boolean {
  return (
    actions.every(({ outcome }) => outcome === "refused") &&
    actions.some(({ reason }) => passingRefusals.includes(reason))
  );
}
