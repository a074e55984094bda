import { hosts, type DashboardSpecification } from "./dashboard-specification.ts";

/** All hosts and pools at a glance: what is wrong, and where. */
export const fleetDashboard: DashboardSpecification = {
  uid: "repo-pool-fleet",
  title: "Repo pools / Fleet",
  description: "All hosts and pools: anomalies, slots that are left, and sidecars that see nothing.",
  hasPoolVariable: false,
  rows: [
    {
      title: "Now",
      panels: [
        {
          kind: "number",
          title: "Anomalies",
          description: "Slots and locks that are not as they should be, by kind.",
          queries: [{ expr: `sum by (kind) (repo_pool_anomalies{${hosts}})`, legend: "{{kind}}" }],
          unit: "short",
          width: 10,
          height: 5,
          warnings: [1],
          alert: "RepoPoolSlotCorrupted",
        },
        {
          kind: "number",
          title: "Isolated slots",
          description: "Out of rotation until a person recovers them.",
          queries: [{ expr: `sum(repo_pool_slots_isolated{${hosts}})`, legend: "isolated" }],
          unit: "short",
          width: 4,
          height: 5,
          warnings: [1],
          alert: "RepoPoolSlotIsolated",
        },
        {
          kind: "number",
          title: "Pools without a slot to allocate",
          description: "Agents of these pools wait or fail.",
          queries: [
            {
              expr: `count((sum by (instance, pool) (repo_pool_slots_lendable{${hosts}}) == 0) and on (instance, pool) max by (instance, pool) (repo_pool_slots_configured{${hosts}}) > 0) or vector(0)`,
              legend: "pools",
            },
          ],
          unit: "short",
          width: 5,
          height: 5,
          warnings: [1],
          alert: "RepoPoolExhausted",
        },
        {
          kind: "number",
          title: "Sidecars that cannot be scraped",
          description: "Their pools are unobserved, and nothing there is recovered.",
          queries: [{ expr: `count(up{${hosts}} == 0) or vector(0)`, legend: "sidecars" }],
          unit: "short",
          width: 5,
          height: 5,
          warnings: [1],
          alert: "RepoPoolSidecarDown",
        },
      ],
    },
    {
      title: "Pools",
      panels: [
        {
          kind: "table",
          title: "Anomalies by pool",
          description: "Pools with at least one anomaly, by host and kind.",
          queries: [
            { expr: `sum by (instance, pool, kind) (repo_pool_anomalies{${hosts}}) > 0`, legend: "" },
          ],
          unit: "short",
          width: 12,
          height: 8,
          warnings: [1],
        },
        {
          kind: "table",
          title: "Problems of pools",
          description:
            "Things that are no fault of a slot: metadata, time zones, formats, visibility, owners.",
          queries: [
            { expr: `sum by (instance, pool, problem) (repo_pool_problems{${hosts}}) > 0`, legend: "" },
          ],
          unit: "short",
          width: 12,
          height: 8,
          warnings: [1],
          alert: "RepoPoolUnreadable",
        },
        {
          kind: "stacked",
          title: "Slots by state",
          description: "Of all selected hosts. Slots in error wait for a person or a recovery.",
          queries: [{ expr: `sum by (state) (repo_pool_slots{${hosts}})`, legend: "{{state}}" }],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Share of slots that can be allocated",
          description: "The pools that are nearest to being used up, at the bottom.",
          queries: [
            {
              expr: `sum by (instance, pool) (repo_pool_slots_lendable{${hosts}}) / on (instance, pool) (max by (instance, pool) (repo_pool_slots_configured{${hosts}}) > 0)`,
              legend: "{{instance}} {{pool}}",
            },
          ],
          unit: "percentunit",
          width: 12,
          height: 8,
          alert: "RepoPoolExhaustionPredicted",
        },
      ],
    },
    {
      title: "Over time",
      panels: [
        {
          kind: "stacked",
          title: "Anomalies",
          description: "By kind, of all selected hosts.",
          queries: [{ expr: `sum by (kind) (repo_pool_anomalies{${hosts}})`, legend: "{{kind}}" }],
          unit: "short",
          width: 8,
          height: 8,
        },
        {
          kind: "graph",
          title: "Recovered, released and isolated",
          description: "Slots and locks that recovery acted on, by what became of them.",
          queries: ["slots_recovered", "slots_released", "slots_isolated", "locks_cleaned"].map((name) => ({
            expr: `sum(increase(repo_pool_recovery_${name}_total{${hosts}}[$__rate_interval]))`,
            legend: name.replace("_", " "),
          })),
          unit: "short",
          width: 8,
          height: 8,
        },
        {
          kind: "graph",
          title: "Free space",
          description: "Share of the file system of each host's workspaces that is available.",
          queries: [
            {
              expr: `max by (instance) (repo_pool_filesystem_avail_bytes{${hosts}}) / max by (instance) (repo_pool_filesystem_size_bytes{${hosts}})`,
              legend: "{{instance}}",
            },
          ],
          unit: "percentunit",
          width: 8,
          height: 8,
          alert: "RepoPoolDiskFillingUp",
        },
      ],
    },
  ],
};
