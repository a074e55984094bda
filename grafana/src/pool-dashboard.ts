import { pools, type DashboardSpecification } from "./dashboard-specification.ts";

const bySlot = "max by (instance, slot)";
/** The worst that is known of each slot; the lock's series stands for every slot that there is. */
const slotCondition = [
  `(${bySlot} (repo_pool_slot_isolated_timestamp_seconds{${pools}}) > bool 0) * 4`,
  `(${bySlot} (repo_pool_slot_anomaly{${pools}, kind="corrupted_slot"}) > bool 0) * 3`,
  `(${bySlot} (repo_pool_slot_anomaly{${pools}, kind="long_allocated_slot"}) > bool 0) * 2`,
  `${bySlot} (repo_pool_slot_allocated_timestamp_seconds{${pools}}) > bool 0`,
  `${bySlot} (repo_pool_slot_lock_held{${pools}}) * 0`,
].join(" or ");

/** One pool, slot by slot. */
export const poolDashboard: DashboardSpecification = {
  uid: "repo-pool-pool",
  title: "Repo pools / Pool",
  description: "One pool: its slots over time, their ages, what is wrong with them, and their size.",
  hasPoolVariable: true,
  rows: [
    {
      title: "Slots",
      panels: [
        {
          kind: "timeline",
          title: "Slots over time",
          description: "The worst that is known of each slot. Needs metrics.per_slot.",
          queries: [{ expr: slotCondition, legend: "{{slot}}" }],
          unit: "short",
          width: 24,
          height: 12,
          values: {
            0: { text: "available", color: "green" },
            1: { text: "allocated", color: "blue" },
            2: { text: "allocated for too long", color: "orange" },
            3: { text: "corrupted", color: "red" },
            4: { text: "isolated", color: "purple" },
          },
        },
        {
          kind: "stacked",
          title: "Slots by state",
          description: "As slot.json says. A pool without available slots cannot allocate one.",
          queries: [{ expr: `sum by (state) (repo_pool_slots{${pools}})`, legend: "{{state}}" }],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolExhausted",
        },
        {
          kind: "graph",
          title: "Allocations per hour",
          description: "How often slots were allocated, by slot.json's own count.",
          queries: [
            {
              expr: `3600 * sum by (pool) (rate(repo_pool_slot_allocations_total{${pools}}[$__rate_interval]))`,
              legend: "{{pool}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
      ],
    },
    {
      title: "Ages",
      panels: [
        {
          kind: "graph",
          title: "Age of allocations",
          description:
            "Seconds since each slot was allocated, and the threshold above which it counts as too long.",
          queries: [
            {
              expr: `time() - max by (instance, slot) (repo_pool_slot_allocated_timestamp_seconds{${pools}})`,
              legend: "{{slot}}",
            },
            {
              expr: `max by (pool) (repo_pool_long_allocated_threshold_seconds{${pools}})`,
              legend: "threshold of {{pool}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
          alert: "RepoPoolSlotLongAllocated",
        },
        {
          kind: "graph",
          title: "Time since last activity",
          description: "Of allocated slots: newest of heartbeat, reflog, index and processes.",
          queries: [
            {
              expr: `time() - max by (instance, slot) (repo_pool_slot_last_activity_timestamp_seconds{${pools}})`,
              legend: "{{slot}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
        },
      ],
    },
    {
      title: "Faults",
      panels: [
        {
          kind: "table",
          title: "Anomalies by reason",
          description: "Each slot with what is wrong with it now.",
          queries: [
            {
              expr: `max by (instance, pool, slot, kind, reason) (repo_pool_slot_anomaly{${pools}})`,
              legend: "",
            },
          ],
          unit: "short",
          width: 12,
          height: 9,
          alert: "RepoPoolSlotCorrupted",
        },
        {
          kind: "table",
          title: "Unsaved work",
          description:
            "Slots with work that exists nowhere else, by kind; only of slots that a deep inspection looked at.",
          queries: [
            {
              expr: `max by (instance, pool, slot, kind) (repo_pool_slot_unsaved_work{${pools}})`,
              legend: "",
            },
          ],
          unit: "short",
          width: 12,
          height: 9,
          alert: "RepoPoolSlotUnsavedWorkAtRisk",
        },
        {
          kind: "stacked",
          title: "Anomalies over time, by reason",
          description: "Several reasons of one slot count each.",
          queries: [
            {
              expr: `sum by (kind, reason) (repo_pool_slot_anomaly{${pools}})`,
              legend: "{{kind}} {{reason}}",
            },
          ],
          unit: "short",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Slot locks held",
          description: "Slots whose lock some process holds: it allocates, cleans or recovers the slot.",
          queries: [{ expr: `sum by (pool) (repo_pool_slot_lock_held{${pools}})`, legend: "{{pool}}" }],
          unit: "short",
          width: 12,
          height: 8,
          alert: "RepoPoolLockOrphaned",
        },
      ],
    },
    {
      title: "Disk",
      panels: [
        {
          kind: "graph",
          title: "Size of slots",
          description: "Bytes on disk of each slot, measured under a budget.",
          queries: [
            {
              expr: `max by (instance, slot) (repo_pool_slot_disk_bytes{${pools}})`,
              legend: "{{slot}}",
            },
          ],
          unit: "bytes",
          width: 12,
          height: 8,
        },
        {
          kind: "graph",
          title: "Time since the last deep check",
          description: "Oldest of the pool's slots, by depth. Twice the period is overdue.",
          queries: [
            {
              expr: `time() - min by (pool, depth) (repo_pool_slot_verified_timestamp_seconds{${pools}})`,
              legend: "{{pool}} {{depth}}",
            },
          ],
          unit: "s",
          width: 12,
          height: 8,
          alert: "RepoPoolVerificationOverdue",
        },
      ],
    },
  ],
};
