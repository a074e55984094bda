import { anomalyKinds } from "../anomalies/anomaly.ts";
import { slotStates } from "../pool/slot-record.ts";
import { recoveryActions, recoveryModes, refusalReasons, triggers } from "../recovery/recovery-action.ts";
import { webhookDecisions, webhookRejections } from "../remediation/webhook-decision.ts";

/** One metric: its name says the unit, `labels` its dimensions, and a list the closed set of a label's values. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly labels: Readonly<Record<string, readonly string[] | "pool" | "slot" | "open">>;
}

function gauge(name: string, help: string, labels: MetricDefinition["labels"] = {}): MetricDefinition {
  return { name, kind: "gauge", help, labels };
}

function counter(name: string, help: string, labels: MetricDefinition["labels"] = {}): MetricDefinition {
  return { name, kind: "counter", help, labels };
}

const pool = "pool" as const;
const slot = "slot" as const;

/** What each collection found. */
export const snapshotMetrics = {
  up: gauge("repo_pool_up", "1 where the pool could be read whole in the last collection.", { pool }),
  slots: gauge("repo_pool_slots", "Slots by state.", { pool, state: slotStates }),
  slotsConfigured: gauge("repo_pool_slots_configured", "num_slots of pool.json.", { pool }),
  problems: gauge("repo_pool_problems", "Things that are no anomaly of a slot.", { pool, problem: "open" }),
  slotsIsolated: gauge("repo_pool_slots_isolated", "Slots that wait for a person.", { pool }),
  anomalies: gauge("repo_pool_anomalies", "Anomalies by kind.", { pool, kind: anomalyKinds }),
  slotAnomaly: gauge("repo_pool_slot_anomaly", "1 while the anomaly lasts.", {
    pool,
    slot,
    kind: anomalyKinds,
    reason: "open",
  }),
  slotAllocatedAt: gauge(
    "repo_pool_slot_allocated_timestamp_seconds",
    "When the slot was allocated; only while it is.",
    { pool, slot },
  ),
  slotLastActivityAt: gauge(
    "repo_pool_slot_last_activity_timestamp_seconds",
    "Newest heartbeat, reflog, index or process; only while allocated.",
    { pool, slot },
  ),
  slotIsolatedAt: gauge(
    "repo_pool_slot_isolated_timestamp_seconds",
    "When the slot was isolated; only while it is.",
    { pool, slot },
  ),
  slotLockHeld: gauge("repo_pool_slot_lock_held", "1 while some process holds the slot lock.", {
    pool,
    slot,
  }),
  filesystemSize: gauge(
    "repo_pool_filesystem_size_bytes",
    "Size of the file system of the workspaces directory.",
  ),
  filesystemAvail: gauge(
    "repo_pool_filesystem_avail_bytes",
    "Bytes available on the file system of the workspaces directory.",
  ),
  longAllocatedThreshold: gauge(
    "repo_pool_long_allocated_threshold_seconds",
    "Age from which an allocation counts as long.",
    { pool },
  ),
  staleLockThreshold: gauge(
    "repo_pool_stale_lock_threshold_seconds",
    "Age from which a lock counts as stale.",
    { pool },
  ),
  allocations: counter("repo_pool_slot_allocations_total", "Sum of allocation_count of all slots.", { pool }),
  usageSeconds: counter("repo_pool_slot_usage_seconds_total", "Sum of total_usage_seconds of all slots.", {
    pool,
  }),
} as const;

/** What the sidecar itself did. */
export const sidecarMetrics = {
  collections: counter("repo_pool_collections_total", "Collections that were started."),
  collectionFailures: counter("repo_pool_collection_failures_total", "Collections that could not be made."),
  collectionLastSuccessAt: gauge(
    "repo_pool_collection_last_success_timestamp_seconds",
    "When the last collection succeeded.",
  ),
  collectionInterval: gauge(
    "repo_pool_collection_interval_seconds",
    "Interval of the collection schedule in force.",
  ),
  recoveryRuns: counter("repo_pool_recovery_runs_total", "Recovery runs.", { trigger: triggers }),
  recoveryRunFailures: counter(
    "repo_pool_recovery_run_failures_total",
    "Recovery runs that ended with an error.",
    { trigger: triggers },
  ),
  slotsReleased: counter("repo_pool_recovery_slots_released_total", "Long-allocated slots released.", {
    pool,
  }),
  slotsRecovered: counter("repo_pool_recovery_slots_recovered_total", "Corrupted slots recovered.", { pool }),
  slotsIsolated: counter("repo_pool_recovery_slots_isolated_total", "Slots isolated.", { pool }),
  locksCleaned: counter("repo_pool_recovery_locks_cleaned_total", "Orphaned locks cleaned.", { pool }),
  recoveryErrors: counter("repo_pool_recovery_errors_total", "Errors of recovery runs.", { pool }),
  actions: counter("repo_pool_recovery_actions_total", "Recovery actions executed or rehearsed.", {
    action: recoveryActions,
    mode: recoveryModes,
  }),
  actionFailures: counter("repo_pool_recovery_action_failures_total", "Recovery actions that failed.", {
    action: recoveryActions,
    mode: recoveryModes,
  }),
  skipped: counter("repo_pool_recovery_skipped_total", "Recovery actions that a guard refused.", {
    action: recoveryActions,
    reason: refusalReasons,
  }),
  webhookNotifications: counter(
    "repo_pool_webhook_notifications_total",
    "Alertmanager posts that were accepted.",
  ),
  webhookRejected: counter("repo_pool_webhook_rejected_total", "Alertmanager posts that were rejected.", {
    reason: webhookRejections,
  }),
  webhookAlerts: counter("repo_pool_webhook_alerts_total", "Alerts by what was decided about them.", {
    decision: webhookDecisions,
  }),
  queueDepth: gauge("repo_pool_queue_depth", "Recovery requests that wait."),
  buildInfo: gauge("repo_pool_sidecar_build_info", "1, with the version as labels.", {
    version: "open",
    revision: "open",
    node_version: "open",
  }),
} as const;

export const catalogue: readonly MetricDefinition[] = [
  ...Object.values(snapshotMetrics),
  ...Object.values(sidecarMetrics),
];
