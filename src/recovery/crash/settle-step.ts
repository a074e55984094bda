import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { InterruptedStep } from "../../journal/interrupted-steps.ts";
import { isInside, isReallyInside, resolveLinks } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { moveAnywhere, moveDurably } from "../../salvage/quarantine.ts";
import type { Move } from "../steps/reclaim.ts";

/** Where an interrupted step may have left something; nothing outside is touched, whatever the journal says. */
export interface SettlePlace {
  readonly workspacesDir: string;
  readonly stateDir: string;
  /** Real paths elsewhere that the step was begun for. */
  readonly places: readonly string[];
}

/** These steps only move a lock aside: once it is moved, they are done. */
const movingActions = ["move_git_lock", "move_slot_lock"];

/**
 * Brings an interrupted step to one of its ends: a swap whose old directory is already away is finished with the
 * verified new one; every other thing that was moved aside and not replaced is put back. What was moved out of a
 * directory that the step has noted as `replaced` stays away: its damage would come back over the repair.
 * @returns what was done, for the journal.
 */
export function settleStep(step: InterruptedStep, place: SettlePlace): string[] {
  const done = step.notes.flatMap(({ swap }) => {
    const { staging, path } = parsePaths(swap, ["staging", "path"]) ?? {};
    return staging === undefined || path === undefined ? [] : finishSwap(staging, path, place);
  });
  if (movingActions.includes(step.intent.action ?? "")) return done;
  const replaced = step.notes.flatMap((note) => parsePaths(note["replaced"], ["directory"])?.directory ?? []);
  const moves = step.notes.flatMap(({ moved }): Move[] => {
    const { from, to } = parsePaths(moved, ["from", "to"]) ?? {};
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
  const isReplaced = ({ from }: Move): boolean => replaced.some((directory) => isInside(directory, from));
  const returning = moves.filter((move) => !isReplaced(move)).toReversed();
  return [...done, ...returning.flatMap((move) => putBack(move, place))];
}

/** Only if nothing is in its place: neither the old directory, nor what somebody made since. */
function finishSwap(staging: string, path: string, place: SettlePlace): string[] {
  const isOurs = isReallyInside(join(place.stateDir, "staging"), staging) && isInPool(path, place);
  const isBetween = readEntry(path).kind === "missing" && readEntry(staging).kind === "directory";
  if (!isOurs || !isBetween) return [];
  moveDurably(staging, path);
  return [`put the new ${path} in place`];
}

function putBack({ from, to }: Move, place: SettlePlace): string[] {
  const isKept = isReallyInside(join(place.stateDir, "quarantine"), dirname(to)) || isInPlaces(to, place);
  const isOurs = isKept && isInPool(from, place);
  const isMissing = readEntry(from).kind === "missing" && readEntry(to).kind !== "missing";
  if (!isOurs || !isMissing) return [];
  mkdirSync(dirname(from), { recursive: true });
  moveAnywhere(to, from);
  return [`put ${from} back`];
}

/** The last part may be a link that was itself moved; the way to it is followed. */
function isInPool(path: string, place: SettlePlace): boolean {
  return isReallyInside(place.workspacesDir, dirname(path)) || isInPlaces(path, place);
}

function isInPlaces(path: string, { places }: SettlePlace): boolean {
  const parent = resolveLinks(dirname(path));
  return parent !== undefined && places.some((place) => isInside(place, join(parent, basename(path))));
}

function parsePaths<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Partial<Record<Name, string>> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Partial<Record<Name, unknown>>;
  const paths: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const path = fields[name];
    if (typeof path === "string" && path.startsWith("/")) paths[name] = path;
  }
  return paths;
}
