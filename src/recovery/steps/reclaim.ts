import { basename, dirname, join } from "node:path";
import type { StepNote } from "../../journal/step-note.ts";
import { CodedError, systemErrorCode } from "../../platform/coded-error.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import { moveDurably } from "../../salvage/quarantine.ts";
import {
  forgetReturned,
  keptRegistration,
  keptTree,
  writeReclaimed,
  type ReclaimedSlot,
} from "../../salvage/reclaimed-slot.ts";
import { otherFileSystem } from "../guards/reclaim-quarantine.ts";
import type { ActionResult } from "../execute/recovery-context.ts";
import { quarantineDirectory } from "../../salvage/kept-directories.ts";

/** A rename that a step makes, and undoes. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** What goes where: first the directory, then the registration, so that git never finds a tree without one. */
export function movesOf(slot: ReclaimedSlot): Move[] {
  const tree = { from: slot.path, to: keptTree(slot) };
  return slot.registration === undefined
    ? [tree]
    : [tree, { from: slot.registration, to: keptRegistration(slot) }];
}

/** The places that a step on a reclaimed slot may touch: the next start trusts no other path. */
export function journaledPlacesOf(slot: ReclaimedSlot): string[] {
  return [slot.path, ...(slot.registration === undefined ? [] : [slot.registration]), slot.keptAt];
}

/**
 * Moves a slot to quarantine by one rename, and the registration of a linked work tree by another; both are in the journal
 * before. What refers to it elsewhere, such as its branch, stays.
 */
export function reclaim(slot: ReclaimedSlot, place: { stateDir: string; note: StepNote }): ActionResult {
  const id = basename(slot.keptAt);
  const folder = join(quarantineDirectory(place.stateDir), id);
  makeStateDirectory(slot.keptAt);
  writeReclaimed(folder, slot);
  const done: Move[] = [];
  try {
    for (const move of movesOf(slot)) {
      requireUnlinked(move.from);
      place.note({ moved: move });
    }
    for (const move of movesOf(slot)) {
      moveDurably(move.from, move.to);
      done.push(move);
    }
  } catch (error) {
    for (const { from, to } of done.toReversed()) moveDurably(to, from);
    forgetReturned(folder);
    if (systemErrorCode(error) !== "EXDEV") throw error;
    return { outcome: "refused", ...otherFileSystem(slot.path, slot.keptAt) };
  }
  return {
    outcome: "done",
    detail: `moved ${slot.path} to ${slot.keptAt}: \`reclaim --undo ${id}\` brings it back`,
  };
}

/** A real path was looked at; no link on the way to it leads elsewhere by now. @throws CodedError `PATH_UNSAFE` */
function requireUnlinked(path: string): void {
  if (resolveLinks(dirname(path)) === dirname(path)) return;
  throw new CodedError("PATH_UNSAFE", `${dirname(path)} is no longer what it was: nothing was changed there`);
}
