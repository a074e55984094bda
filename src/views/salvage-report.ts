import type { Slot } from "../pool/pool.ts";
import type { SlotSave } from "../recovery/save-slot.ts";
import type { PruneResult } from "../salvage/retention/prune-saved.ts";
import type { SalvageManifest } from "../salvage/salvage-manifest.ts";
import type { KeptWork } from "../salvage/salvage-store.ts";

export type KeptWorkReport = ReturnType<typeof createKeptWorkReport>;
export type SalvageReport = ReturnType<typeof createSalvageReport>;

/** What `salvage list --json` prints of a salvage, or of a quarantined directory. */
export function createKeptWorkReport(kept: KeptWork) {
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

/** What `salvage save --json` prints. */
export function createSaveReport({ slotId, repoName, path }: Slot, saved: SlotSave) {
  return {
    ...{ slot_id: slotId, repo_name: repoName, slot_path: path, result: saved.kind },
    salvage_id: saved.kind === "saved" ? saved.salvageId : null,
    detail: saved.kind === "nothing_unsaved" ? "" : saved.detail,
  };
}

/** What `salvage show --json` prints. A quarantined directory has no manifest. */
export function createSalvageReport(
  kept: KeptWork,
  { manifest, quarantine }: { manifest: SalvageManifest | undefined; quarantine: readonly KeptWork[] },
) {
  const quarantined = quarantine.filter(({ slotId }) => slotId === kept.slotId).map(({ path }) => path);
  return { ...createKeptWorkReport(kept), ...(manifest === undefined ? {} : { manifest }), quarantined };
}

/** What `salvage restore --json` prints. */
export function createRestoreReport(
  id: string,
  { directory, manifest }: { readonly directory: string; readonly manifest: SalvageManifest },
) {
  const { branch, commit, files } = manifest;
  return { id, directory, branch, commit, files: files.count };
}

/** What `salvage prune --json` prints. */
export function createPruneReport(
  { removed, errors }: Extract<PruneResult, { readonly kind: "pruned" }>,
  { dryRun }: { readonly dryRun: boolean },
) {
  return {
    dry_run: dryRun,
    removed: removed.map(({ kept: { id, kind, bytes }, because }) => ({ id, kind, bytes, because })),
    errors,
  };
}
