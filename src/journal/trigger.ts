/** What started a run: a closed set, a metric label and a field of the journal. */
export const triggers = ["schedule", "alert", "api", "command"] as const;
export type Trigger = (typeof triggers)[number];

export const recoveryModes = ["live", "dry_run"] as const;
export type RecoveryMode = (typeof recoveryModes)[number];
