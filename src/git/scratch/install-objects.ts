import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { readSharedRights, shareEntry } from "./shared-rights.ts";
import { isFanOutFolder } from "../objects/loose-object.ts";
import type { ScratchRepository } from "./scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export interface ObjectTarget {
  /** The object store that gets the objects. */
  readonly objects: string;
  /** Nothing is written outside of this directory. */
  readonly within: string;
  /** Files of packs that are there still and will be moved away: no new pack takes one of their names. */
  readonly damagedNames?: ReadonlySet<string>;
}

/** What git leaves of an unfinished command has other names. */
const objectFile = /^(?:pack-[0-9a-f]+\.(?:pack|rev|promisor|idx)|[0-9a-f]{38}|[0-9a-f]{62})$/;

/**
 * Moves the objects of a scratch repository into a slot's object store. What is there already stays; a pack's index comes
 * last, since git sees a pack by its index.
 * @returns how many files came. @throws CodedError `PATH_UNSAFE` if the store leads elsewhere.
 */
export function installObjects(scratch: ScratchRepository, target: ObjectTarget): number {
  let moved = 0;
  const rights = readSharedRights(dirname(target.objects));
  for (const folder of uncachedReader
    .listNames(scratch.objects)
    .filter((name) => name === "pack" || isFanOutFolder(name))) {
    const names = uncachedReader
      .listNames(join(scratch.objects, folder))
      .filter((name) => objectFile.test(name));
    if (names.length === 0) continue;
    const into = openStoreFolder(join(target.objects, folder), target.within);
    const newName = freeNames(target.damagedNames ?? new Set());
    for (const name of names.toSorted((a, b) => indexLast(a) - indexLast(b))) {
      const path = join(into, newName(name));
      if (uncachedReader.readEntry(path).kind !== "missing") continue;
      moveFile(join(scratch.objects, folder, name), path);
      shareEntry(path, rights);
      moved++;
    }
    for (const made of [target.objects, into]) shareEntry(made, rights);
    syncDirectory(into);
  }
  return moved;
}

function openStoreFolder(path: string, within: string): string {
  requireInside(within, path);
  mkdirSync(path, { recursive: true });
  if (!uncachedReader.isDirectory(path)) throw new CodedError("PATH_UNSAFE", `${path} is no directory`);
  return path;
}

/** A pack whose name is taken gets another; all files of one pack get the same. */
function freeNames(taken: ReadonlySet<string>): (name: string) => string {
  const others = new Map<string, string>();
  const isTaken = (base: string): boolean => [...taken].some((name) => name.startsWith(`${base}.`));
  return (name) => {
    const base = /^(pack-[0-9a-f]+)\.\w+$/.exec(name)?.[1];
    if (base === undefined || !isTaken(base)) return name;
    const other = others.get(base) ?? `pack-${randomBytes((base.length - 5) / 2).toString("hex")}`;
    others.set(base, other);
    return name.replace(base, other);
  };
}

function indexLast(name: string): number {
  return name.endsWith(".idx") ? 1 : 0;
}

/** By rename; by copy and rename if the slot is on another file system. Git removes an old `tmp_` file by itself. */
function moveFile(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    const incoming = join(dirname(to), `tmp_${basename(to)}`);
    copyFileSync(from, incoming);
    renameSync(incoming, to);
    rmSync(from);
  }
}
