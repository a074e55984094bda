import { renameSync } from "node:fs";
import { join } from "node:path";
import { countOf } from "../../platform/count-of.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readUnsavedWork } from "../../inspection/deep/unsaved-work.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { holdsRecord } from "../../pool/layouts/layout.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { BaseStore } from "../bases/base-store.ts";
import { salvageDirectory } from "../kept-directories.ts";
import { claimIncoming, incomingSuffix, releaseClaim, removeTree } from "../abandoned-salvage.ts";
import { locateSlotRepository } from "./locate-slot-repository.ts";
import type { SalvageSubject } from "./describe-salvage.ts";
import type { SalvageSource } from "./salvage-source.ts";
import {
  saveDirectory,
  WorkChangedError,
  type FindLateChange,
  type SavedDirectory,
} from "./save-directory.ts";
import { SalvageRoom } from "./salvage-room.ts";
import { findStorageFault, type StorageFault } from "../storage-fault.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";

/** Whose work is saved, and where to. The slot lock is held meanwhile. A `RecoveryContext` is one. */
export interface SalvagePlace {
  readonly pool: Pool;
  readonly slot: Slot;
  readonly stateDir: string;
  readonly clock: Clock;
  /** Unique in time: the salvage's id begins with it. */
  readonly stamp: string;
  readonly salvage: SalvageSettings;
}

export interface SalvageSettings {
  /** Ignored directories of these names are not saved, but named in the manifest: they are installed or built again. */
  readonly exclude: readonly string[];
  /** Each salvage stands alone: it has the files of its base commits too, instead of sharing them with others. */
  readonly whole: boolean;
  /** The share of the file system that stays free. */
  readonly minFreeRatio: number;
}

export interface SalvageOptions {
  /** Saves without looking first whether there is anything unsaved. */
  readonly isUnsavedWorkKnown?: boolean;
  /** See `UnsavedWorkOptions`: for what leaves the repository in its place. */
  readonly runsLfs?: boolean;
  readonly timeoutSeconds?: number;
  /** How often it is tried if the work changes meanwhile; once by default. */
  readonly attempts?: number;
}

export type SalvageResult =
  | {
      readonly kind: "saved";
      readonly salvageId: string;
      readonly detail: string;
      /** False if the whole work tree was walked, and no FIFO, socket or device is in it. */
      readonly mayHoldSpecialFiles: boolean;
      readonly findLateChange: FindLateChange;
    }
  | { readonly kind: "nothing_unsaved" }
  | {
      readonly kind: "incomplete";
      readonly reason: StorageFault["reason"] | "salvage_incomplete";
      readonly detail: string;
    };

const inspectionTimeoutSeconds = 60;
const defaultTimeoutSeconds = 3600;

/**
 * Saves a slot's work, repository and files, before a step that could lose something. `incomplete` means that something
 * readable could not be saved: the step must not be taken, and nothing is left behind. What cannot be read any more is
 * named in the manifest and makes nothing incomplete.
 */
export async function saveWork(
  place: SalvagePlace,
  reason: string,
  options: SalvageOptions = {},
): Promise<SalvageResult> {
  const { pool, slot } = place;
  if (!isReallyInside(slot.root ?? pool.directory, slot.path)) {
    return incomplete("salvage_incomplete", `${slot.path} leads out of the pool`);
  }
  const directories = locateSlotRepository(slot, pool);
  if (directories !== undefined && options.isUnsavedWorkKnown !== true) {
    if (await isAllSaved(directories, slot, options)) return { kind: "nothing_unsaved" };
  }
  const salvageId = freeSalvageId(place);
  const folder = join(salvageDirectory(place.stateDir), salvageId);
  const incoming = folder + incomingSuffix;
  try {
    makeStateDirectory(incoming);
    claimIncoming(incoming);
    const source = describeSource(place, directories, { incoming, timeoutSeconds: options.timeoutSeconds });
    const saved = await saveDirectory(source, describeSubject(place, salvageId, reason), incoming);
    releaseClaim(incoming);
    renameSync(incoming, folder);
    syncDirectory(salvageDirectory(place.stateDir));
    return describeSaved(saved);
  } catch (error) {
    removeWithoutComplaint(incoming);
    const { attempts = 1 } = options;
    if (error instanceof WorkChangedError && attempts > 1)
      return saveWork(place, reason, { ...options, attempts: attempts - 1 });
    const fault = findStorageFault(error, place.stateDir);
    const detail = fault?.detail ?? asError(error).message;
    return incomplete(fault?.reason ?? "salvage_incomplete", `${slot.path} could not be saved: ${detail}`);
  }
}

function describeSource(
  { pool, slot, stateDir, salvage }: SalvagePlace,
  directories: GitDirectories | undefined,
  {
    incoming,
    timeoutSeconds = defaultTimeoutSeconds,
  }: { incoming: string; timeoutSeconds?: number | undefined },
): SalvageSource {
  return {
    path: slot.path,
    poolDirectory: objectsRootOf(pool, slot),
    directories,
    recordPath: slot.recordPath,
    exclude: salvage.exclude,
    room: new SalvageRoom(incoming, salvage.minFreeRatio),
    bases: salvage.whole ? undefined : new BaseStore(stateDir, pool.repoName),
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  };
}

function describeSubject({ pool, slot, clock }: SalvagePlace, id: string, reason: string): SalvageSubject {
  return {
    id,
    slot_id: slot.slotId,
    repo_name: pool.repoName,
    repo_url: pool.repoUrl ?? null,
    created_at: clock.now().toISOString(),
    reason,
  };
}

function describeSaved({ manifest, findLateChange }: SavedDirectory): SalvageResult {
  const { id, files, refs, special_files, excluded } = manifest;
  const detail = `${countOf(files.count, "file")} and ${countOf(refs.length, "ref")} saved as ${id}`;
  const mayHoldSpecialFiles = special_files.length > 0 || excluded.length > 0;
  return { kind: "saved", salvageId: id, detail, mayHoldSpecialFiles, findLateChange };
}

type Incomplete = Extract<SalvageResult, { kind: "incomplete" }>;

function incomplete(reason: Incomplete["reason"], detail: string): Incomplete {
  return { kind: "incomplete", reason, detail };
}

/** Objects that a damaged slot borrows are copied if they are below this directory. */
function objectsRootOf(pool: Pool, slot: Slot): string {
  return pool.mainRepository ?? (slot.root === undefined ? pool.directory : slot.path);
}

/** Two steps of one run may each save the slot. */
function freeSalvageId({ stamp, slot, stateDir }: SalvagePlace): string {
  const isTaken = (id: string): boolean =>
    readEntry(join(salvageDirectory(stateDir), id)).kind === "directory";
  let salvageId = `${stamp}-${slot.slotId}`;
  for (let count = 2; isTaken(salvageId); count++) salvageId = `${stamp}-${count}-${slot.slotId}`;
  return salvageId;
}

/** False also if it cannot be told. */
async function isAllSaved(
  directories: GitDirectories,
  slot: Slot,
  { runsLfs = false }: SalvageOptions,
): Promise<boolean> {
  try {
    const kinds = await readUnsavedWork(directories, slot.path, {
      holdsRecord: holdsRecord(slot),
      timeoutSeconds: inspectionTimeoutSeconds,
      endsAtFirst: true,
      runsLfs,
    });
    return kinds.length === 0;
  } catch {
    // A repository too damaged to be looked at: what is there is saved.
    return false;
  }
}

/** What cannot be removed carries the suffix of a salvage that is not whole, and is pruned as such. */
function removeWithoutComplaint(incoming: string): void {
  try {
    removeTree(incoming);
  } catch {
    // The reason why nothing was saved is what the caller needs, and it is told.
  }
}
