import { renameSync, rmSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { copySlotFile } from "../git/scratch/copy-slot-file.ts";
import { syncDirectory, syncFile } from "../platform/atomic-file.ts";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { isInside, requireInside } from "../platform/contained-path.ts";
import type { EntryKind } from "../platform/entry-kind.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { StepNote } from "../journal/step-note.ts";
import { quarantineDirectory } from "./kept-directories.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";

/** Where one step puts what it replaces: `<state_dir>/quarantine/<stamp>-<slot_id>/`. */
export interface QuarantinePlace {
  readonly stateDir: string;
  readonly stamp: string;
  readonly slotId: string;
  readonly note: StepNote;
  /** Nothing is taken from outside of these directories: a clone, the pool, or that of the locks. */
  readonly within: string | readonly string[];
  /** A file below this directory keeps its path from there on, so that a person can put it back. */
  readonly under?: string;
}

/**
 * Moves a file or a whole directory aside by rename; a file also to another file system.
 * @returns where it is now. @throws CodedError `PATH_UNSAFE` if a link on the way leads out of `within`; the system's error
 * (EXDEV if the state directory is another file system, and what is moved is no file).
 */
export function moveToQuarantine(path: string, place: QuarantinePlace): string {
  requireInside(place.within, path);
  const target = createTarget(path, place);
  place.note({ moved: { from: path, to: target } });
  moveAnywhere(path, target);
  return target;
}

/** As `moveDurably`; a file that cannot be renamed to another file system is copied whole, and then removed. @throws as that */
export function moveAnywhere(from: string, to: string): void {
  try {
    moveDurably(from, to);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    if (!copySlotFile(from, to, { maxBytes: Infinity, keepsTimes: true })) throw error;
    syncFile(to);
    syncDirectory(dirname(to));
    rmSync(from);
    syncDirectory(dirname(from));
  }
}

/** Renames, and brings both directories to the disk. @throws the system's error */
export function moveDurably(from: string, to: string): void {
  renameSync(from, to);
  syncDirectory(dirname(to));
  syncDirectory(dirname(from));
}

/** Keeps a copy of a file that is about to be replaced by rename: at every instant one of the two is in its place. */
export function copyToQuarantine(path: string, place: QuarantinePlace): string {
  requireInside(place.within, path);
  const target = createTarget(path, place);
  if (!copySlotFile(path, target, { maxBytes: Infinity }))
    throw new CodedError("PATH_UNSAFE", `${path} is no regular file any more`);
  syncDirectory(dirname(target));
  return target;
}

function createTarget(path: string, { stateDir, stamp, slotId, under }: QuarantinePlace): string {
  const folder = join(quarantineDirectory(stateDir), `${stamp}-${slotId}`);
  const isBelow = under !== undefined && isInside(under, path);
  const names = isBelow ? relative(under, path).split(sep) : [basename(path)];
  // A folder of the path may have been put aside before, when it was a file.
  const parent = names.slice(0, -1).reduce((above, name) => freePath(join(above, name), "directory"), folder);
  makeStateDirectory(parent);
  return freePath(join(parent, names.at(-1) ?? ""));
}

/**
 * One step may put aside two files of the same name: rename would replace the first without a word. What cannot be
 * looked at is left for the rename to fail at.
 */
function freePath(path: string, usable?: EntryKind): string {
  for (let count = 0; ; count++) {
    const free = count === 0 ? path : `${path}.${count}`;
    const { kind } = readEntry(free);
    if (kind === "missing" || kind === "unreadable" || kind === usable) return free;
  }
}
