import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { Journal } from "../../journal/journal.ts";
import { pruneSaved, type PruneRequest, type PruneResult } from "../../salvage/retention/prune-saved.ts";
import { retentionLimitsOf } from "../../salvage/retention/retention-limits.ts";

/** Removes saved work beyond the limits of a configuration. @throws as `pruneSaved` */
export function pruneSalvages(
  config: SidecarConfig,
  how: Pick<PruneRequest, "trigger" | "requestedBy" | "dryRun">,
): Promise<PruneResult> {
  const { stateDir, salvage } = config;
  const limits = retentionLimitsOf(salvage, config);
  return pruneSaved({ ...how, stateDir, limits, journal: new Journal(stateDir), now: new Date() });
}
