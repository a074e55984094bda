import { statfsSync } from "node:fs";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import { Journal } from "../journal/journal.ts";
import { systemClock } from "../platform/clock.ts";

import type { Trigger } from "../journal/trigger.ts";
import { pruneSaved } from "../salvage/retention/prune-saved.ts";
import { restoreWork } from "../salvage/restore/restore-work.ts";
import type { RetentionLimits } from "../salvage/retention/retention.ts";
import { readManifest, type SalvageManifest } from "../salvage/salvage-manifest.ts";
import { findKeptWork, listQuarantine, listSalvages, type KeptWork } from "../salvage/salvage-store.ts";

export type PrintedKeptWork = ReturnType<typeof printKept>;
export type { SalvageManifest };

/** What `salvage list` prints of a salvage, or of a quarantined directory. */
function printKept(kept: KeptWork) {
  return {
    id: kept.id,
    slot_id: kept.slotId,
    repo_name: kept.repoName,
    created_at: kept.createdAt.toISOString(),
    reason: kept.reason,
    bytes: kept.bytes,
    path: kept.path,
    complete: kept.complete,
  };
}

/** Both oldest first. */
export function listKept(config: SidecarConfig): {
  salvages: PrintedKeptWork[];
  quarantine: PrintedKeptWork[];
} {
  return {
    salvages: listSalvages(config.stateDir).map(printKept),
    quarantine: listQuarantine(config.stateDir).map(printKept),
  };
}

/** @throws CodedError `SALVAGE_UNKNOWN`. The manifest is absent for a quarantined directory. */
export function showKept(
  config: SidecarConfig,
  id: string,
): PrintedKeptWork & { manifest?: SalvageManifest; quarantined: string[] } {
  const kept = findKeptWork(config.stateDir, id);
  const ofSlot = listQuarantine(config.stateDir).filter(({ slotId }) => slotId === kept.slotId);
  const quarantined = ofSlot.map(({ path }) => path);
  if (kept.kind === "quarantine") return { ...printKept(kept), quarantined };
  return { ...printKept(kept), manifest: readManifest(kept.path), quarantined };
}

export function restoreKept(config: SidecarConfig, id: string, directory: string) {
  const { stateDir, workspacesDir } = config;
  return restoreWork({ id, directory, stateDir, workspacesDir, now: systemClock.now() });
}

export type PruneOutcome =
  | {
      readonly kind: "pruned";
      readonly removed: readonly PrintedRemoval[];
      readonly errors: readonly string[];
    }
  | { readonly kind: "busy"; readonly detail: string };

export interface PrintedRemoval extends Pick<KeptWork, "id" | "kind" | "bytes"> {
  readonly because: string;
}

export function pruneKept(
  config: SidecarConfig,
  options: { trigger: Trigger; requestedBy?: string; dryRun: boolean },
): PruneOutcome {
  const result = pruneSaved({
    stateDir: config.stateDir,
    limits: limitsOf(config),
    journal: new Journal(config.stateDir),
    now: systemClock.now(),
    ...options,
  });
  if (result.kind === "busy") return result;
  const removed = result.removed.map(({ kept: { id, kind, bytes }, because }) => ({
    id,
    kind,
    bytes,
    because,
  }));
  return { kind: "pruned", removed, errors: result.errors };
}

/** A share is of the file system that holds the state directory. */
function limitsOf({ salvage, stateDir, workspacesDir }: SidecarConfig): RetentionLimits {
  const { maxAgeSeconds, minAgeSeconds, maxBytes } = salvage;
  if (maxBytes.kind === "bytes") return { maxAgeSeconds, minAgeSeconds, maxBytes: maxBytes.bytes };
  for (const directory of [stateDir, workspacesDir]) {
    try {
      const { blocks, bsize } = statfsSync(directory);
      return { maxAgeSeconds, minAgeSeconds, maxBytes: blocks * bsize * maxBytes.ratio };
    } catch {
      // Nothing was ever kept where there is no state directory.
      continue;
    }
  }
  return { maxAgeSeconds, minAgeSeconds, maxBytes: Infinity };
}
