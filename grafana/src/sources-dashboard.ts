import { hosts, pools, type DashboardSpecification } from "./dashboard-specification.ts";

/** Pools without a pool manager: only they have an owner told by evidence. */
const unowned = `max by (instance, slot) (repo_pool_slot_owner_info{${pools}, evidence="none"})`;
const idleSeconds = `time() - max by (instance, slot) (repo_pool_slot_last_activity_timestamp_seconds{${pools}})`;

/** The work trees of agents and the checkouts of CI. */
export const sourcesDashboard: DashboardSpecification = {
  uid: "repo-pool-sources",
  title: "Repo pools / Sources",
  description:
    "Work trees and checkouts without a pool manager: who uses them, what is at risk, and what could be reclaimed.",
  hasPoolVariable: true,
  rows: [
    {
      title: "At a glance",
      panels: [
        {
          kind: "table",
          title: "Sources that see nothing",
          description: "Each finds nothing, or a part of it cannot be read: nothing there is watched.",
          queries: [
            {
              expr: `min by (instance, source) (repo_pool_sources_readable{${hosts}, source!="workspaces"}) == 0`,
              legend: "{{source}}",
            },
          ],
          unit: "short",
          width: 8,
          height: 6,
          alert: "RepoPoolSourceEmpty",
        },
        {
          kind: "stacked",
          title: "Work trees by evidence of use",
          description: "unseen: nobody can be ruled out. none: nobody uses it. Needs metrics.per_slot.",
          queries: [
            { expr: `count by (evidence) (repo_pool_slot_owner_info{${pools}})`, legend: "{{evidence}}" },
          ],
          unit: "short",
          width: 8,
          height: 6,
        },
        {
          kind: "graph",
          title: "Space that idle work trees take",
          description: "Of those that nobody uses and that are idle for longer than idle_after, as measured.",
          queries: [{ expr: `sum by (pool) (repo_pool_reclaimable_bytes{${pools}})`, legend: "{{pool}}" }],
          unit: "bytes",
          width: 8,
          height: 6,
          alert: "RepoPoolSpaceReclaimable",
        },
      ],
    },
    {
      title: "At risk",
      panels: [
        {
          kind: "table",
          title: "Unsaved work that nobody is at",
          description:
            "How long each work tree with unsaved work and without an owner has been idle. Needs metrics.per_slot.",
          queries: [
            {
              expr: `${idleSeconds} and on (instance, slot) max by (instance, slot) (repo_pool_slot_unsaved_work{${pools}}) > 0 and on (instance, slot) ${unowned}`,
              legend: "{{slot}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
          alert: "RepoPoolSlotUnsavedWorkAtRisk",
        },
        {
          kind: "stacked",
          title: "Registrations",
          description: "Linked work trees by what became of them. suspect: several are gone at once.",
          queries: [{ expr: `sum by (state) (repo_pool_registrations{${pools}})`, legend: "{{state}}" }],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolRegistrationsVanished",
        },
      ],
    },
  ],
};
