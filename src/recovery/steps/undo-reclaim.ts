import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readHead } from "../../git/refs/head.ts";
import { readPackedRefMap } from "../../git/refs/packed-refs.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { resolveRef } from "../../git/refs/refs.ts";
import { listAdminDirectories, listOwnBranches } from "../../git/worktrees.ts";
import type { StepNote } from "../../journal/step-note.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { moveDurably } from "../../salvage/quarantine.ts";
import {
  forgetReturned,
  keptRegistration,
  keptTree,
  type ReclaimedSlot,
} from "../../salvage/reclaimed-slot.ts";
import type { ActionResult } from "../execute/recovery-context.ts";
import type { Refusal } from "../refusal.ts";
import { returnLostObjects } from "../repair/return-lost-objects.ts";
import { movesOf, type Move } from "./reclaim.ts";
import { quarantineDirectory } from "../../salvage/kept-directories.ts";

export interface UndoPlace {
  readonly stateDir: string;
  /** Of the directory in quarantine. */
  readonly id: string;
  readonly stamp: string;
  readonly note: StepNote;
}

/**
 * Brings a reclaimed slot back to where it was, registration and directory, byte for byte. It writes the same
 * notes as the reclaim did, so that after a kill the next start settles it as it settles a reclaim.
 */
export async function undoReclaim(slot: ReclaimedSlot, place: UndoPlace): Promise<ActionResult> {
  const refusal = refuseUndo(slot);
  if (refusal !== undefined) return { outcome: "refused", ...refusal };
  const told = [...(await returnLostObjects(slot, place)), ...describeMovedBranch(slot)];
  const moves = movesOf(slot).filter(({ to }) => readEntry(to).kind !== "missing");
  for (const move of moves) place.note({ moved: move });
  putAllBack(moves);
  forgetReturned(join(quarantineDirectory(place.stateDir), place.id));
  return { outcome: "done", detail: [`${slot.path} is back`, ...told].join("; ") };
}

/** All of them or none: a registration whose directory cannot come back goes away again. */
function putAllBack(moves: readonly Move[]): void {
  const done: Move[] = [];
  try {
    for (const move of moves.toReversed()) {
      mkdirSync(dirname(move.from), { recursive: true });
      moveDurably(move.to, move.from);
      done.push(move);
    }
  } catch (error) {
    for (const { from, to } of done.toReversed()) moveDurably(from, to);
    throw error;
  }
}

/** Why a reclaimed slot cannot go back now; undefined if it can. */
function refuseUndo(slot: ReclaimedSlot): Refusal | undefined {
  const taken = movesOf(slot).find(({ from }) => readEntry(from).kind !== "missing");
  if (taken !== undefined) {
    const detail = `something else is at ${taken.from} now: \`salvage restore\` makes a repository of it elsewhere`;
    return { reason: "place_taken", detail };
  }
  if (readEntry(keptTree(slot)).kind !== "directory") {
    const detail = `${keptTree(slot)} is not there: is its disk mounted?`;
    return { reason: "vantage_suspect", detail };
  }
  const { commonDirectory } = slot;
  if (commonDirectory === undefined) return undefined;
  if (!uncachedReader.isDirectory(commonDirectory))
    return { reason: "place_taken", detail: `${commonDirectory}, its repository, is not there` };
  for (const ref of listOwnBranches(uncachedReader, keptRegistration(slot))) {
    const other = findBranchUser(commonDirectory, ref);
    if (other !== undefined)
      return {
        reason: "needed_elsewhere",
        detail: `${ref} is checked out in ${other} now: switch it there first`,
      };
  }
  return undefined;
}

/** Git lets one branch be checked out in one work tree. */
function findBranchUser(commonDirectory: string, ref: string): string | undefined {
  const isUsed = (gitDirectory: string): boolean =>
    listOwnBranches(uncachedReader, gitDirectory).includes(ref);
  const linked = listAdminDirectories(uncachedReader, commonDirectory).find(isUsed);
  if (linked !== undefined) return linked;
  // The HEAD of a bare repository names a branch that no work tree has.
  return basename(commonDirectory) === ".git" && isUsed(commonDirectory)
    ? dirname(commonDirectory)
    : undefined;
}

/**
 * While a work tree is away, its branch may be moved: a commit of the files and the index that come back would undo that, so
 * it is told.
 */
function describeMovedBranch(slot: ReclaimedSlot): string[] {
  const { commonDirectory } = slot;
  const head = readHead(uncachedReader, keptRegistration(slot));
  if (commonDirectory === undefined || head.kind !== "branch") return [];
  const was = readReflog(uncachedReader, reflogPath(keptRegistration(slot), "HEAD")).at(-1)?.newId;
  const now = resolveRef(uncachedReader, commonDirectory, head.ref, readPackedRefMap(commonDirectory));
  if (was === undefined || (now.kind === "commit" && now.objectId === was)) return [];
  const name = head.ref.replace("refs/heads/", "");
  if (now.kind !== "commit")
    return [`its branch ${name} is gone: \`git update-ref ${head.ref} ${was}\` there brings it back`];
  return [
    `its files come from ${was}, and its branch ${name} is at ${now.objectId} by now: \`git diff ${was} ${now.objectId}\` shows what they lack`,
  ];
}
