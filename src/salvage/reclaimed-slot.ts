import { rmSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { readEntry } from "../platform/regular-file.ts";
import { isKeptName, quarantineDirectory } from "./kept-directories.ts";
import { asText, asTime } from "../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../platform/stored-file.ts";

/** What is needed to bring back a slot that was moved to quarantine as a whole. */
export interface ReclaimedSlot {
  readonly slotId: string;
  readonly repoName: string;
  /** Where its directory was. */
  readonly path: string;
  /** Where the registration of a linked work tree was; undefined if it had none. */
  readonly registration: string | undefined;
  /** The repository that holds the objects of a linked work tree. */
  readonly commonDirectory: string | undefined;
  /** The directory in which both are kept: see `keptTree` and `keptRegistration`. */
  readonly keptAt: string;
  /** What was unsaved; undefined if nothing was. */
  readonly salvageId: string | undefined;
  readonly reclaimedAt: Date;
}

export const reclaimedSlotFormat: StoredFormat<ReclaimedSlot> = {
  name: "the record of a reclaimed slot",
  version: 1,
  maxBytes: 64 * 1024,
  parse(fields) {
    const [slotId, repoName] = [asText(fields["slot_id"]), asText(fields["repo_name"])];
    const [path, keptAt] = [asText(fields["path"]), asText(fields["kept_at"])];
    const reclaimedAt = asTime(fields["reclaimed_at"]);
    if (slotId === undefined || repoName === undefined || path === undefined) return undefined;
    if (keptAt === undefined || reclaimedAt === undefined) return undefined;
    return {
      ...{ slotId, repoName, path, keptAt, reclaimedAt },
      registration: asText(fields["registration"]),
      commonDirectory: asText(fields["common_directory"]),
      salvageId: asText(fields["salvage_id"]),
    };
  },
  format: (slot) => ({
    ...{ slot_id: slot.slotId, repo_name: slot.repoName, path: slot.path, kept_at: slot.keptAt },
    reclaimed_at: slot.reclaimedAt.toISOString(),
    registration: slot.registration,
    common_directory: slot.commonDirectory,
    salvage_id: slot.salvageId,
  }),
};

function recordPath(folder: string): string {
  return join(folder, "reclaimed.json");
}

export function keptTree({ keptAt }: Pick<ReclaimedSlot, "keptAt">): string {
  return join(keptAt, "tree");
}

export function keptRegistration({ keptAt }: Pick<ReclaimedSlot, "keptAt">): string {
  return join(keptAt, "registration");
}

/** Of a directory in quarantine; undefined if it holds no reclaimed slot. @throws CodedError `STORED_FILE_NEWER` */
export function readReclaimed(folder: string): ReclaimedSlot | undefined {
  const reading = readStoredFile(recordPath(folder), reclaimedSlotFormat);
  return reading.kind === "stored" ? reading.value : undefined;
}

/** By the id of a directory in quarantine. @throws CodedError `STORED_FILE_NEWER` */
export function findReclaimed(stateDir: string, id: string): ReclaimedSlot | undefined {
  return isKeptName(id) ? readReclaimed(join(quarantineDirectory(stateDir), id)) : undefined;
}

/** Before anything is moved. @throws the system's error */
export function writeReclaimed(folder: string, slot: ReclaimedSlot): void {
  writeStoredFile(recordPath(folder), reclaimedSlotFormat, slot);
}

/**
 * Removes the record of a reclaimed slot that is back in its place, or never left it. If the directory of its own in which
 * it is kept is gone, the disk may not be mounted: then the record stays, unless the caller knows that it was removed.
 */
export function forgetReturned(folder: string, { isRemoved = false } = {}): void {
  const slot = readReclaimed(folder);
  if (slot === undefined) return;
  if (!isRemoved && readEntry(slot.keptAt).kind !== "directory") return;
  const kept = [keptTree(slot), keptRegistration(slot)];
  if (kept.some((path) => readEntry(path).kind !== "missing")) return;
  rmSync(recordPath(folder), { force: true });
  for (const directory of new Set([slot.keptAt, folder]))
    if (readEntry(directory).kind === "directory") rmdirSync(directory);
}
