import { constants, cpSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { readUnsavedWork } from "../../inspection/unsaved-work.ts";
import { locateRepository } from "../../inspection/worktree-links.ts";
import { asError } from "../../platform/coded-error.ts";
import { formatJson, syncDirectory, writeFileAtomic } from "../../platform/atomic-file.ts";
import type { Clock } from "../../platform/clock.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { Pool, Slot } from "../../pool/pool.ts";

/** Whose work is saved, and where to. The slot lock is held meanwhile. A `RecoveryContext` is one. */
export interface SalvagePlace {
  readonly pool: Pool;
  readonly slot: Slot;
  readonly stateDir: string;
  readonly clock: Clock;
  /** Unique in time: the salvage's id begins with it. */
  readonly stamp: string;
}

export interface SalvageOptions {
  /** Directories of this name are not saved, but named in the manifest. */
  readonly exclude?: readonly string[];
  /** Saves without looking first whether there is anything unsaved. */
  readonly isUnsavedWorkKnown?: boolean;
}

export type SalvageResult =
  | { readonly kind: "saved"; readonly salvageId: string; readonly detail: string }
  | { readonly kind: "nothing_unsaved" }
  | { readonly kind: "incomplete"; readonly detail: string };

const inspectionTimeoutSeconds = 60;

/**
 * Saves a slot's work, repository and files, before a step that could lose something. `incomplete` means that something
 * readable could not be saved: the step must not be taken. Links and modes are kept, nothing is followed.
 */
export async function saveWork(
  place: SalvagePlace,
  reason: string,
  options: SalvageOptions = {},
): Promise<SalvageResult> {
  const { directories } = locateRepository(place.slot, place.pool.directory);
  if (directories !== undefined && options.isUnsavedWorkKnown !== true) {
    const kinds = await readUnsavedWork(directories, place.slot.path, {
      timeoutSeconds: inspectionTimeoutSeconds,
    });
    if (kinds.length === 0) return { kind: "nothing_unsaved" };
  }
  return copySlot(place, reason);
}

function copySlot(place: SalvagePlace, reason: string): SalvageResult {
  const salvageId = `${place.stamp}-${place.slot.slotId}`;
  const folder = join(place.stateDir, "salvage", salvageId);
  const incoming = `${folder}.incoming`;
  try {
    mkdirSync(incoming, { recursive: true, mode: 0o700 });
    cpSync(place.slot.path, join(incoming, basename(place.slot.path)), {
      recursive: true,
      verbatimSymlinks: true,
      preserveTimestamps: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (source) => ["file", "directory", "link"].includes(readEntry(source).kind),
    });
    writeFileAtomic(join(incoming, "manifest.json"), formatJson(describeSalvage(place, salvageId, reason)));
    renameSync(incoming, folder);
    syncDirectory(join(place.stateDir, "salvage"));
    return { kind: "saved", salvageId, detail: `saved as ${salvageId}` };
  } catch (error) {
    return { kind: "incomplete", detail: `${place.slot.path} could not be saved: ${asError(error).message}` };
  }
}

function describeSalvage(place: SalvagePlace, salvageId: string, reason: string): object {
  return {
    schema_version: 1,
    id: salvageId,
    slot_id: place.slot.slotId,
    repo_name: place.pool.repoName,
    created_at: place.clock.now().toISOString(),
    reason,
    complete: true,
  };
}
