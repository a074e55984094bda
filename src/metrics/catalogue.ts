import { remediationModes } from "../remediation/alerts/policy.ts";
import { anomalyKinds, longAllocationReasons, orphanedLockReasons } from "../anomalies/anomaly.ts";
import { corruptionReasons } from "../anomalies/corruption-reason.ts";
import { snapshotProblemCodes } from "../anomalies/pool-problem.ts";
import { depths } from "../inspection/finding.ts";
import { slotStates } from "../pool/records/slot-record.ts";
import { recoveryModes, triggers } from "../journal/trigger.ts";
import { recoveryActions, refusalReasons } from "../recovery/recovery-action.ts";
import { webhookDecisions, webhookRejections } from "../remediation/alerts/webhook-decision.ts";
import { deepCheckMetrics, deepDepths } from "./deep-check-metrics.ts";
import { inventoryMetrics } from "./inventory-metrics.ts";
import { sourceMetrics } from "./source-metrics.ts";
import { counter, gauge, histogram, pool, slot, type MetricDefinition } from "./metric-definition.ts";

/** Every reason that an anomaly of any kind can have. */
const anomalyReasons = [...longAllocationReasons, ...corruptionReasons, ...orphanedLockReasons] as const;

/** What `serve` does by the clock. */
export const scheduleNames = ["collector", "verification", "prune", "recovery", "reclaim"] as const;
export type ScheduleName = (typeof scheduleNames)[number];

/** Why a scheduled run was not made; `missed` is also a run of the time when no `serve` ran. */
const skippedRunReasons = ["still_running", "missed"] as const;

/** The kinds of credentials that can be wrong. */
const authenticationFailures = ["bearer", "basic"] as const;

/** The subcommands of git that have series of their own; every other counts as `other`. */
export const gitCommands = [
  "add",
  "cat-file",
  "checkout-index",
  "clone",
  "fetch",
  "for-each-ref",
  "fsck",
  "read-tree",
  "rev-list",
  "rev-parse",
  "status",
  "other",
] as const;

const collectionBuckets = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];
const actionBuckets = [0.01, 0.1, 0.5, 2.5, 10, 60, 300];
const gitBuckets = [0.01, 0.05, 0.25, 1, 5, 30, 300];

/** What each collection found. One snapshot is cached until the next collection ends. */
export const snapshotMetrics = {
  up: gauge(
    "repo_pool_up",
    "1 if the last collection could read the pool whole, 0 if it could not; cached per collection.",
    { pool },
  ),
  slots: gauge("repo_pool_slots", "Slots by the state in their slot.json; cached per collection.", {
    pool,
    state: slotStates,
  }),
  ...inventoryMetrics,
  slotsConfigured: gauge(
    "repo_pool_slots_configured",
    "Slots that pool.json promises (num_slots); absent if it cannot be read. Cached per collection.",
    { pool },
  ),
  problems: gauge(
    "repo_pool_problems",
    'Things that are wrong with a pool and are no anomaly of a slot, such as metadata that cannot be read; main_repo_ problems exist only while they last. pool="" for limited_visibility, which concerns the whole host. Cached per collection.',
    { pool, problem: snapshotProblemCodes },
  ),
  slotsIsolated: gauge(
    "repo_pool_slots_isolated",
    "Slots that were taken out of rotation and wait for a person; cached per collection.",
    { pool },
  ),
  anomalies: gauge(
    "repo_pool_anomalies",
    "Anomalies that the last collection found, by kind; an empty pool label is for locks of no pool. Cached per collection.",
    { pool, kind: anomalyKinds },
  ),
  slotAnomaly: gauge(
    "repo_pool_slot_anomaly",
    "1 for each reason of each anomaly while it lasts; at most 100 orphaned locks, and only those whose name has a slot_id's form. Cached per collection.",
    { pool, slot, kind: anomalyKinds, reason: anomalyReasons },
  ),
  slotAllocatedAt: gauge(
    "repo_pool_slot_allocated_timestamp_seconds",
    "When the slot was allocated, in seconds since 1970; only while it is allocated. Cached per collection.",
    { pool, slot },
  ),
  slotLastActivityAt: gauge(
    "repo_pool_slot_last_activity_timestamp_seconds",
    "Newest heartbeat, reflog, index or process of the slot, in seconds since 1970; of a pool manager's slot only while it is allocated. Cached per collection.",
    { pool, slot },
  ),
  ...sourceMetrics,
  slotProcessPid: gauge(
    "repo_pool_slot_process_pid",
    "Pid of the oldest process that works in the slot; only while it is allocated and one is seen. Cached per collection.",
    { pool, slot },
  ),
  slotProcessAge: gauge(
    "repo_pool_slot_process_age_seconds",
    "Age of that process in seconds. Cached per collection.",
    { pool, slot },
  ),
  slotIsolatedAt: gauge(
    "repo_pool_slot_isolated_timestamp_seconds",
    "When the slot was isolated, in seconds since 1970; only while it is isolated. Cached per collection.",
    { pool, slot },
  ),
  ...deepCheckMetrics,
  slotLockHeld: gauge(
    "repo_pool_slot_lock_held",
    "1 while some process holds the slot lock, 0 while none does; absent if holders cannot be seen. Cached per collection.",
    { pool, slot },
  ),
  filesystemSize: gauge(
    "repo_pool_filesystem_size_bytes",
    "Size of the file system of the workspaces directory in bytes; cached per collection.",
  ),
  filesystemAvail: gauge(
    "repo_pool_filesystem_avail_bytes",
    "Bytes available to the pool's user on the file system of the workspaces directory; cached per collection.",
  ),
  longAllocatedThreshold: gauge(
    "repo_pool_long_allocated_threshold_seconds",
    "Age in seconds from which an allocation is an anomaly.",
    { pool },
  ),
  staleLockThreshold: gauge(
    "repo_pool_stale_lock_threshold_seconds",
    "Age in seconds from which a lock of no slot is an anomaly.",
    { pool },
  ),
  allocations: counter(
    "repo_pool_slot_allocations_total",
    "Allocations of all slots, by their slot.json; what removed slots had counted stays. Cached per collection.",
    { pool },
  ),
  usageSeconds: counter(
    "repo_pool_slot_usage_seconds_total",
    "Seconds that all slots were allocated, by their slot.json; what removed slots had counted stays. Cached per collection.",
    { pool },
  ),
} as const satisfies Record<string, MetricDefinition>;

/** What recovery did: counted from the journal, so that runs of the command line and of earlier lives count too. */
export const recoveryMetrics = {
  recoveryRuns: counter("repo_pool_recovery_runs_total", "Recovery runs that ended, by what started them.", {
    trigger: triggers,
  }),
  recoveryRunFailures: counter(
    "repo_pool_recovery_run_failures_total",
    "Recovery runs that ended with at least one error, by what started them.",
    { trigger: triggers },
  ),
  recoveryLastRunAt: gauge(
    "repo_pool_recovery_last_run_timestamp_seconds",
    "When the last recovery run ended, in seconds since 1970; 0 before the first.",
    { trigger: triggers },
  ),
  slotsReleased: counter(
    "repo_pool_recovery_slots_released_total",
    "Long-allocated slots that recovery released.",
    { pool },
  ),
  slotsRecovered: counter(
    "repo_pool_recovery_slots_recovered_total",
    "Corrupted slots that passed, later, the check that had reported them.",
    { pool },
  ),
  slotsIsolated: counter(
    "repo_pool_recovery_slots_isolated_total",
    "Slots that recovery took out of rotation for a person.",
    { pool },
  ),
  locksCleaned: counter(
    "repo_pool_recovery_locks_cleaned_total",
    "Orphaned locks that recovery moved aside; an empty pool label is for locks of no pool.",
    { pool },
  ),
  recoveryErrors: counter("repo_pool_recovery_errors_total", "Errors that recovery runs ended with.", {
    pool,
  }),
  actions: counter(
    "repo_pool_recovery_actions_total",
    "Recovery actions that were executed, whether they helped or not, or in dry_run mode only planned.",
    { action: recoveryActions, mode: recoveryModes },
  ),
  actionFailures: counter("repo_pool_recovery_action_failures_total", "Recovery actions that failed.", {
    action: recoveryActions,
    mode: recoveryModes,
  }),
  skipped: counter(
    "repo_pool_recovery_skipped_total",
    "Recovery actions that a guard refused, by its reason.",
    { action: recoveryActions, reason: refusalReasons },
  ),
  actionDuration: histogram(
    "repo_pool_recovery_action_duration_seconds",
    "Duration of executed recovery actions in seconds.",
    actionBuckets,
    { action: recoveryActions },
  ),
  salvages: counter("repo_pool_salvages_total", "Salvages of unsaved work that were completed.", { pool }),
  salvageFailures: counter(
    "repo_pool_salvage_failures_total",
    "Salvages that failed or stayed incomplete; the step that needed them was refused.",
    { pool },
  ),
} as const satisfies Record<string, MetricDefinition>;

/** Gauges of a pool that change between collections. */
export const poolStateMetrics = {
  recoveryPaused: gauge("repo_pool_recovery_paused", "1 while recovery of the pool is paused.", { pool }),
  recoveryStorm: gauge(
    "repo_pool_recovery_storm",
    "1 while the storm breaker holds recovery of the pool back.",
    { pool },
  ),
} as const satisfies Record<string, MetricDefinition>;

/** Of a fleet on PostgreSQL; without one these have no series. */
export const fleetMetrics = {
  fleetUp: gauge(
    "repo_pool_fleet_up",
    "1 while this process reaches the fleet's PostgreSQL, 0 while it does not; absent if there is no fleet.",
  ),
  fleetQueueDepth: gauge(
    "repo_pool_fleet_queue_depth",
    "Alerts and decisions that wait for the host, as a gateway sees them; absent while PostgreSQL does not answer.",
    { sidecar: "sidecar" },
  ),
  fleetQueueOldestAt: gauge(
    "repo_pool_fleet_queue_oldest_timestamp_seconds",
    "When the oldest of what waits for the host was queued, in seconds since 1970; absent while nothing waits.",
    { sidecar: "sidecar" },
  ),
} as const satisfies Record<string, MetricDefinition>;

/** What the sidecar counts itself, from its start. */
const directMetrics = {
  collections: counter("repo_pool_collections_total", "Collections that were started."),
  collectionFailures: counter(
    "repo_pool_collection_failures_total",
    "Collections that could not be made at all.",
  ),
  collectionDuration: histogram(
    "repo_pool_collection_duration_seconds",
    "Duration of collections in seconds, until their metrics can be scraped.",
    collectionBuckets,
  ),
  collectionLastSuccessAt: gauge(
    "repo_pool_collection_last_success_timestamp_seconds",
    "When the last collection succeeded, in seconds since 1970; 0 before the first.",
  ),
  collectionInterval: gauge(
    "repo_pool_collection_interval_seconds",
    "Seconds between two collections by the schedule in force.",
  ),
  verifications: counter(
    "repo_pool_verifications_total",
    "Checks of a slot that were started, by depth; a signature is only compared with the last verified one.",
    { depth: depths },
  ),
  verificationFailures: counter(
    "repo_pool_verification_failures_total",
    "Checks of a slot that could not be made; a fault that was found is not a failure.",
    { depth: depths },
  ),
  verificationPeriod: gauge(
    "repo_pool_verification_period_seconds",
    "Seconds within which every slot is to be checked at this depth.",
    { depth: deepDepths },
  ),
  recoveryMode: gauge(
    "repo_pool_recovery_mode",
    "1 for the mode in force of runs that no person started, 0 for the others.",
    { mode: remediationModes },
  ),
  recoveryInProgress: gauge("repo_pool_recovery_in_progress", "Recovery actions that run now."),
  salvageBytes: gauge("repo_pool_salvage_bytes", "Bytes that salvaged work takes."),
  quarantineBytes: gauge("repo_pool_quarantine_bytes", "Bytes that directories moved to quarantine take."),
  webhookNotifications: counter(
    "repo_pool_webhook_notifications_total",
    "Posts of Alertmanager that were accepted.",
  ),
  webhookRejected: counter(
    "repo_pool_webhook_rejected_total",
    "Posts to the webhook that were not accepted, by reason.",
    { reason: webhookRejections },
  ),
  webhookAlerts: counter(
    "repo_pool_webhook_alerts_total",
    "Alerts of accepted posts, by what was decided about them.",
    { decision: webhookDecisions },
  ),
  authenticationFailures: counter(
    "repo_pool_http_authentication_failures_total",
    "Requests with wrong credentials, by kind of credential; requests without credentials are not counted.",
    { method: authenticationFailures },
  ),
  skippedRuns: counter(
    "repo_pool_schedule_skipped_runs_total",
    "Skipped (still running) and missed runs of the schedules, by reason.",
    { schedule: scheduleNames, reason: skippedRunReasons },
  ),
  clockJumps: counter("repo_pool_clock_jumps_total", "Steps of the wall clock by half a minute or more."),
  queueDepth: gauge("repo_pool_queue_depth", "Recovery requests that wait for their turn."),
  gitCommands: counter("repo_pool_git_commands_total", "git commands that were started, by subcommand.", {
    command: gitCommands,
  }),
  gitCommandFailures: counter(
    "repo_pool_git_command_failures_total",
    "git commands that failed, ran out of time or could not be started, by subcommand.",
    { command: gitCommands },
  ),
  gitCommandRetries: counter(
    "repo_pool_git_command_retries_total",
    "Further attempts of git commands that use the network, by subcommand.",
    { command: gitCommands },
  ),
  gitCommandDuration: histogram(
    "repo_pool_git_command_duration_seconds",
    "Duration of git commands in seconds, all attempts together, by subcommand.",
    gitBuckets,
    { command: gitCommands },
  ),
  configReloadSuccessful: gauge(
    "repo_pool_config_last_reload_successful",
    "1 if the last attempt to load the configuration succeeded; 0 while an older one is in force.",
  ),
  configReloadedAt: gauge(
    "repo_pool_config_last_reload_success_timestamp_seconds",
    "When the configuration in force was loaded, in seconds since 1970.",
  ),
  approvalsWaiting: gauge(
    "repo_pool_recovery_approvals_waiting",
    "Recoveries that wait until a person approves or rejects them.",
  ),
  webInfo: gauge(
    "repo_pool_web_info",
    "1, with the address at which people open the page (--web.external-url); absent without one.",
    { url: "open" },
  ),
  buildInfo: gauge("repo_pool_sidecar_build_info", "1, with what this program was built from as labels.", {
    version: "open",
    revision: "open",
    node_version: "open",
  }),
} as const satisfies Record<string, MetricDefinition>;

/** Everything that is counted or set between collections. */
export const sidecarMetrics = { ...directMetrics, ...recoveryMetrics } as const;

/** Every metric of this program; prom-client's `process_*` and `nodejs_*` come on top. */
export const catalogue: readonly MetricDefinition[] = [
  ...Object.values(snapshotMetrics),
  ...Object.values(poolStateMetrics),
  ...Object.values(sidecarMetrics),
  ...Object.values(fleetMetrics),
];
