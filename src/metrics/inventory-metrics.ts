import { gauge, pool, type MetricDefinition } from "./metric-definition.ts";

/** What there is to look at, and what of it can be allocated. */
export const inventoryMetrics = {
  slotsLendable: gauge(
    "repo_pool_slots_lendable",
    "Slots that can be allocated now: available, sound and not locked; cached per collection.",
    { pool },
  ),
  sourcesReadable: gauge(
    "repo_pool_sources_readable",
    "1 if the source of pools could be read, 0 if it could not or is empty although it had pools, or if its patterns match nothing: nothing is known then. The workspaces directory is the source workspaces. Cached per collection.",
    { source: "source" },
  ),
  poolsKnown: gauge(
    "repo_pool_pools_known",
    "Pools that were seen at some time and not removed since by pool remove; cached per collection.",
  ),
  poolsGone: gauge(
    "repo_pool_pools_gone",
    "Known pools that are not there: unmounted, renamed, or removed by hand. Cached per collection.",
  ),
  poolGone: gauge(
    "repo_pool_pool_gone",
    "1 for each known pool while it is not there; cached per collection.",
    { pool },
  ),
} as const satisfies Record<string, MetricDefinition>;
