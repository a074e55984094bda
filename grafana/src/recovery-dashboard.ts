import { hosts, pools, type DashboardSpecification } from "./dashboard-specification.ts";

/** What recovery did, what it refused, and what it saved. */
export const recoveryDashboard: DashboardSpecification = {
  uid: "repo-pool-recovery",
  title: "Repo pools / Recovery",
  description:
    "Runs and their actions, refusals by reason, salvage, storms, pauses and the webhook's alerts.",
  hasPoolVariable: true,
  rows: [
    {
      title: "Now",
      panels: [
        {
          kind: "number",
          title: "Running actions",
          description: "Recovery actions that run now.",
          queries: [{ expr: `sum(repo_pool_recovery_in_progress{${hosts}})`, legend: "running" }],
          unit: "short",
          width: 4,
          height: 5,
          alert: "RepoPoolRecoveryStuck",
        },
        {
          kind: "number",
          title: "Waiting recoveries",
          description: "Requests in the queue, those that wait for an approval included.",
          queries: [{ expr: `sum(repo_pool_queue_depth{${hosts}})`, legend: "waiting" }],
          unit: "short",
          width: 4,
          height: 5,
          alert: "RepoPoolRecoveryStuck",
        },
        {
          kind: "number",
          title: "Storms",
          description: "Pools with so many corrupted slots that no automatic run acts.",
          queries: [{ expr: `sum(repo_pool_recovery_storm{${pools}})`, legend: "pools" }],
          unit: "short",
          width: 4,
          height: 5,
          warnings: [1],
          alert: "RepoPoolRecoveryStorm",
        },
        {
          kind: "number",
          title: "Paused pools",
          description: "Pools whose recovery somebody paused.",
          queries: [{ expr: `sum(repo_pool_recovery_paused{${pools}})`, legend: "pools" }],
          unit: "short",
          width: 4,
          height: 5,
          warnings: [1],
          alert: "RepoPoolRecoveryPausedLong",
        },
        {
          kind: "number",
          title: "Since the last run",
          description: "Seconds since the last recovery run ended, by what started it.",
          queries: [
            {
              expr: `time() - (max by (trigger) (repo_pool_recovery_last_run_timestamp_seconds{${hosts}}) > 0)`,
              legend: "{{trigger}}",
            },
          ],
          unit: "s",
          width: 8,
          height: 5,
        },
      ],
    },
    {
      title: "Runs and actions",
      panels: [
        {
          kind: "graph",
          title: "Runs",
          description: "Recovery runs that ended, by what started them.",
          queries: [
            {
              expr: `sum by (trigger) (increase(repo_pool_recovery_runs_total{${hosts}}[$__rate_interval]))`,
              legend: "{{trigger}}",
            },
            {
              expr: `sum by (trigger) (increase(repo_pool_recovery_run_failures_total{${hosts}}[$__rate_interval]))`,
              legend: "{{trigger}}, with errors",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolRecoveryFailing",
        },
        {
          kind: "graph",
          title: "Results by pool",
          description: "Slots recovered, released and isolated.",
          queries: ["recovered", "released", "isolated"].map((what) => ({
            expr: `sum by (pool) (increase(repo_pool_recovery_slots_${what}_total{${pools}}[$__rate_interval]))`,
            legend: `{{pool}} ${what}`,
          })),
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Actions",
          description: "Steps that were executed (live) or rehearsed (dry_run).",
          queries: [
            {
              expr: `sum by (action, mode) (increase(repo_pool_recovery_actions_total{${hosts}}[$__rate_interval]))`,
              legend: "{{action}} {{mode}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Failed actions",
          description: "Steps that were tried and failed.",
          queries: [
            {
              expr: `sum by (action, mode) (increase(repo_pool_recovery_action_failures_total{${hosts}}[$__rate_interval]))`,
              legend: "{{action}} {{mode}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolRecoveryFailing",
        },
        {
          kind: "graph",
          title: "Duration of actions, 95th percentile",
          description: "Seconds that executed actions took.",
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (action, le) (rate(repo_pool_recovery_action_duration_seconds_bucket{${hosts}}[$__rate_interval])))`,
              legend: "{{action}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Refused by a guard",
          description: "Steps that were not taken because they could not be proven safe.",
          queries: [
            {
              expr: `sum by (reason) (increase(repo_pool_recovery_skipped_total{${hosts}}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
      ],
    },
    {
      title: "Saved work",
      panels: [
        {
          kind: "graph",
          title: "Salvages",
          description:
            "Work that was saved before a step that could lose it, and attempts that were incomplete.",
          queries: [
            {
              expr: `sum by (pool) (increase(repo_pool_salvages_total{${pools}}[$__rate_interval]))`,
              legend: "{{pool}}",
            },
            {
              expr: `sum by (pool) (increase(repo_pool_salvage_failures_total{${pools}}[$__rate_interval]))`,
              legend: "{{pool}}, incomplete",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "stacked",
          title: "Size of saved work",
          description: "Bytes of salvage and quarantine, which retention bounds.",
          queries: [
            { expr: `sum(repo_pool_salvage_bytes{${hosts}})`, legend: "salvage" },
            { expr: `sum(repo_pool_quarantine_bytes{${hosts}})`, legend: "quarantine" },
          ],
          unit: "bytes",
          width: 12,
          height: 8,
        },
      ],
    },
    {
      title: "Alerts",
      panels: [
        {
          kind: "graph",
          title: "Alerts received",
          description: "Alerts that Alertmanager posted, by what was decided about them.",
          queries: [
            {
              expr: `sum by (decision) (increase(repo_pool_webhook_alerts_total{${hosts}}[$__rate_interval]))`,
              legend: "{{decision}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Posts to the webhook",
          description: "Accepted posts, and those that were rejected, by reason.",
          queries: [
            {
              expr: `sum(increase(repo_pool_webhook_notifications_total{${hosts}}[$__rate_interval]))`,
              legend: "accepted",
            },
            {
              expr: `sum by (reason) (increase(repo_pool_webhook_rejected_total{${hosts}}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolWebhookRejecting",
        },
      ],
    },
  ],
};
