import { hosts, type DashboardSpecification } from "./dashboard-specification.ts";

/** The sidecar itself: is what it says fresh, and what does it cost. */
export const sidecarDashboard: DashboardSpecification = {
  uid: "repo-pool-sidecar",
  title: "Repo pools / Sidecar",
  description:
    "Collections, deep checks, git commands, configuration, event loop and memory of the sidecars.",
  hasPoolVariable: false,
  rows: [
    {
      title: "Freshness",
      panels: [
        {
          kind: "number",
          title: "Age of the last collection",
          description: "Everything else shows the state of that moment. Three intervals are stale.",
          queries: [
            {
              expr: `time() - max by (instance) (repo_pool_collection_last_success_timestamp_seconds{${hosts}})`,
              legend: "{{instance}}",
            },
          ],
          unit: "s",
          width: 8,
          height: 6,
          warnings: [90, 300],
          alert: "RepoPoolCollectionStale",
        },
        {
          kind: "number",
          title: "Configuration",
          description: "1 if the last attempt to load it succeeded.",
          queries: [
            {
              expr: `min by (instance) (repo_pool_config_last_reload_successful{${hosts}})`,
              legend: "{{instance}}",
            },
          ],
          unit: "bool_yes_no",
          width: 8,
          height: 6,
          alert: "RepoPoolConfigReloadFailed",
        },
        {
          kind: "table",
          title: "Versions",
          description: "What each host runs.",
          queries: [
            {
              expr: `max by (instance, version, revision, node_version) (repo_pool_sidecar_build_info{${hosts}})`,
              legend: "",
            },
          ],
          unit: "short",
          width: 8,
          height: 6,
        },
        {
          kind: "graph",
          title: "Duration of collections, 95th percentile",
          description: "Seconds that a whole collection took.",
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (instance, le) (rate(repo_pool_collection_duration_seconds_bucket{${hosts}}[$__rate_interval])))`,
              legend: "{{instance}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Collections and failures per hour",
          description: "A failure is a collection that could not be made at all.",
          queries: [
            {
              expr: `3600 * sum by (instance) (rate(repo_pool_collections_total{${hosts}}[$__rate_interval]))`,
              legend: "{{instance}}",
            },
            {
              expr: `3600 * sum by (instance) (rate(repo_pool_collection_failures_total{${hosts}}[$__rate_interval]))`,
              legend: "{{instance}}, failed",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolCollectionFailing",
        },
      ],
    },
    {
      title: "Checks",
      panels: [
        {
          kind: "graph",
          title: "Checks per second, by depth",
          description: "Most slots are found unchanged by their signature; the rest is read.",
          queries: [
            {
              expr: `sum by (depth) (rate(repo_pool_verifications_total{${hosts}}[$__rate_interval]))`,
              legend: "{{depth}}",
            },
          ],
          unit: "cps",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Checks that could not be made",
          description: "By depth. A fault that was found is none of these.",
          queries: [
            {
              expr: `sum by (depth) (increase(repo_pool_verification_failures_total{${hosts}}[$__rate_interval]))`,
              legend: "{{depth}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolVerificationOverdue",
        },
        {
          kind: "graph",
          title: "Verification coverage",
          description: "Share of slots that passed each deep check within its period.",
          queries: [
            {
              expr: `count by (instance, depth) (time() - max by (instance, slot, depth) (repo_pool_slot_verified_timestamp_seconds{${hosts}}) < on (instance, depth) group_left max by (instance, depth) (repo_pool_verification_period_seconds{${hosts}})) / on (instance) group_left sum by (instance) (repo_pool_slots{${hosts}})`,
              legend: "{{instance}} {{depth}}",
            },
          ],
          unit: "percentunit",
          width: 12,
          height: 8,
          alert: "RepoPoolVerificationOverdue",
        },
        {
          kind: "graph",
          title: "git commands",
          description: "Commands that were started, failed or were repeated, by subcommand.",
          queries: [
            {
              expr: `sum by (command) (increase(repo_pool_git_commands_total{${hosts}}[$__rate_interval]))`,
              legend: "{{command}}",
            },
            {
              expr: `sum by (command) (increase(repo_pool_git_command_failures_total{${hosts}}[$__rate_interval]))`,
              legend: "{{command}}, failed",
            },
            {
              expr: `sum by (command) (increase(repo_pool_git_command_retries_total{${hosts}}[$__rate_interval]))`,
              legend: "{{command}}, repeated",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Duration of git commands, 95th percentile",
          description: "All attempts of a command together.",
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (command, le) (rate(repo_pool_git_command_duration_seconds_bucket{${hosts}}[$__rate_interval])))`,
              legend: "{{command}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
        },
      ],
    },
    {
      title: "Cost",
      panels: [
        {
          kind: "graph",
          title: "Processor time",
          description: "Share of one core.",
          queries: [
            {
              expr: `sum by (instance) (rate(process_cpu_seconds_total{${hosts}}[$__rate_interval]))`,
              legend: "{{instance}}",
            },
          ],
          unit: "percentunit",
          width: 8,
          height: 8,
        },
        {
          kind: "graph",
          title: "Memory",
          description: "Resident bytes.",
          queries: [
            { expr: `max by (instance) (process_resident_memory_bytes{${hosts}})`, legend: "{{instance}}" },
          ],
          unit: "bytes",
          width: 8,
          height: 8,
        },
        {
          kind: "graph",
          title: "Event loop delay, 99th percentile",
          description: "How long a scrape or a webhook may wait.",
          queries: [
            {
              expr: `max by (instance) (nodejs_eventloop_lag_p99_seconds{${hosts}})`,
              legend: "{{instance}}",
            },
          ],
          unit: "s",
          width: 8,
          height: 8,
        },
      ],
    },
  ],
};
