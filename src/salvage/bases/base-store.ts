import { mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { writeText } from "../../platform/write-text.ts";
import { alternatesPath, formatAlternates } from "../../git/objects/alternates.ts";
import { hashAlgorithm } from "../../git/objects/object-id.ts";
import { readObjectTypes, type ObjectTypes } from "../../git/objects/object-batch.ts";
import { copyProven } from "../../git/objects/pack-copies.ts";
import { installObjects } from "../../git/scratch/install-objects.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { systemClock } from "../../platform/clock.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import { writeStoredFile } from "../../platform/stored-file.ts";
import { acquireSlotLock, type SlotLockResult } from "../../pool/locks/slot-lock.ts";
import { measureBytes } from "../save/walk-files.ts";
import { baseRecordFormat, baseRecordName, type BaseRecord } from "./base-record.ts";

/** The directory of the commits that several salvages share: below it, one git object directory for each pool. */
export function basesDirectory(stateDir: string): string {
  return join(stateDir, "bases");
}

/** No directory of git's: beside the stores. */
const lockName = ".lock";
const lockTimeoutSeconds = 600;

/** Held while objects are added, read or removed, for all stores at once. It is one process's own for a short time. */
export function lockBases(stateDir: string): Promise<SlotLockResult> {
  makeStateDirectory(basesDirectory(stateDir));
  const path = join(basesDirectory(stateDir), lockName);
  return acquireSlotLock(path, { timeoutSeconds: lockTimeoutSeconds, clock: systemClock });
}

/** Of two pools, if their names differ in unusual characters alone: they then share one. */
function baseStoreName(repoName: string, idBytes: 20 | 32): string {
  const name = repoName.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, 100);
  return `${name}-${hashAlgorithm(idBytes)}`;
}

export interface Base extends Pick<BaseRecord, "commits" | "objects"> {
  /** The commits, everything below them, and the other objects. */
  readonly objectIds: ReadonlySet<string>;
}

/**
 * The objects of base commits, kept once for all salvages of a pool. It is an object directory without a repository, so that
 * no maintenance of git's reaches it; only `collectBases` removes anything.
 */
export class BaseStore {
  readonly #stateDir: string;
  readonly #repoName: string;

  constructor(stateDir: string, repoName: string) {
    this.#stateDir = stateDir;
    this.#repoName = repoName;
  }

  /**
   * Keeps a base for the salvage whose repository `target` is, which borrows from the store from now on. What the store lacks
   * is copied out of `source`, and every id computed from the content.
   * @returns what the store has of it; undefined if another process holds the stores. @throws if anything is not there.
   */
  async keep(
    base: Base,
    source: ScratchRepository,
    target: ScratchRepository,
  ): Promise<KeptBase | undefined> {
    const lock = await lockBases(this.#stateDir);
    if (lock.kind === "busy") return undefined;
    try {
      return await this.#keepLocked(base, source, target);
    } finally {
      lock.release();
    }
  }

  async #keepLocked(base: Base, source: ScratchRepository, target: ScratchRepository): Promise<KeptBase> {
    const name = baseStoreName(this.#repoName, target.format.idBytes);
    const objects = join(basesDirectory(this.#stateDir), name);
    for (const part of ["pack", "info"]) mkdirSync(join(objects, part), { recursive: true, mode: 0o700 });
    target.borrow(objects);
    const kept = await readObjectTypes(target.source, base.objectIds);
    const missing = new Set([...base.objectIds].filter((id) => !kept.types.has(id)));
    let addedBytes = 0;
    if (missing.size > 0) {
      const bytesBefore = measureBytes(objects);
      await this.#add(missing, { source, objects });
      const added = await readObjectTypes(target.source, missing);
      for (const [id, type] of added.types) kept.types.set(id, type);
      for (const [id, bytes] of added.blobBytes) kept.blobBytes.set(id, bytes);
      addedBytes = measureBytes(objects) - bytesBefore;
    }
    const lost = [...missing].find((id) => !kept.types.has(id));
    if (lost !== undefined) throw new Error(`object ${lost} did not arrive in ${objects}`);
    // Relative: the state directory may be moved as a whole.
    const line = relative(target.objects, objects);
    writeText(alternatesPath(target.objects), formatAlternates([line]));
    const record = { store: name, commits: base.commits, objects: base.objects };
    writeStoredFile(join(dirname(target.directory), baseRecordName), baseRecordFormat, record);
    return { ...kept, addedBytes };
  }

  async #add(
    ids: ReadonlySet<string>,
    { source, objects }: { source: ScratchRepository; objects: string },
  ): Promise<void> {
    const incoming = source.createOther(`${source.directory}-base`);
    try {
      await copyProven(ids, source, incoming);
      installObjects(incoming, { objects, within: basesDirectory(this.#stateDir) });
      syncDirectory(objects);
      syncDirectory(basesDirectory(this.#stateDir));
    } finally {
      rmSync(incoming.directory, { recursive: true, force: true });
    }
  }
}

export interface KeptBase extends Omit<ObjectTypes, "result"> {
  /** By how many bytes the store has grown. */
  readonly addedBytes: number;
}

/** Removes the salvage's link to the store: it needs no base any more. */
export function dropBase(target: ScratchRepository): void {
  rmSync(alternatesPath(target.objects), { force: true });
  rmSync(join(dirname(target.directory), baseRecordName), { force: true });
}
