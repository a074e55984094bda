import { mkdirSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { readPackedRefMap } from "../git/refs/packed-refs.ts";
import { readHeadTip } from "../git/refs/tips.ts";
import { syncDirectory } from "../platform/atomic-file.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import { mainRepositoryPath, slotBranch, slotRecordPath } from "../pool/layouts/layout.ts";
import { layouts } from "../pool/layouts/layouts.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { formatSlotId } from "../pool/slot-id.ts";
import { excludeRecord } from "../recovery/repair/exclude-record.ts";
import { cloneBeside } from "../recovery/repair/clone-beside.ts";
import { findLinkStyle } from "../recovery/repair/link-style.ts";
import { findKnownBranches } from "../recovery/repair/known-branches.ts";
import { isSafeRepoUrl } from "../pool/repo-url.ts";
import { refused, type LendingContext, type Refused } from "./lending-context.ts";
import { findPool, findSlot, withSlotLock } from "./locked-slot.ts";
import { buildWorktree, writeNewRecord } from "./new-slot.ts";
import { withPoolLock } from "./pool-lock.ts";
import { unreadableCount, writeSlotCount } from "./pool-record-writer.ts";
import { SlotRepositoryFiles } from "./slot-repository-files.ts";
import { withStaging } from "./staging.ts";

export type AdditionResult = { readonly kind: "added"; readonly slot: Slot } | Refused;

/**
 * Adds one slot: made beside the pool, counted in pool.json, then renamed in. Its number is the lowest that no slot has
 * or had promised. @throws UsageError `POOL_UNKNOWN`.
 */
export async function addSlot(context: LendingContext, repoName: string): Promise<AdditionResult> {
  findPool(context, repoName);
  return withPoolLock(context, repoName, () => {
    const pool = findPool(context, repoName);
    const number = freeNumber(pool);
    const path = layouts[pool.layout].slotPath(pool.directory, number);
    const slot: Slot = {
      slotId: formatSlotId(repoName, number),
      repoName,
      number,
      layout: pool.layout,
      recordPath: slotRecordPath(pool.directory, number),
      path,
      reading: { kind: "missing" },
    };
    return withSlotLock(context, { pool, slot }, { waitSeconds: 0 }, () => build(context, pool, slot));
  });
}

/** A number whose slot is missing is not free: recovery brings that slot back. */
function freeNumber(pool: Pool): number {
  const isTaken = (number: number): boolean =>
    pool.slots.some((slot) => slot.number === number) ||
    layouts[pool.layout].slotParents(pool.directory).some((parent) => exists(join(parent, `slot${number}`)));
  const isAmbiguous = pool.problems.some(({ code }) => code === "missing_slot_ambiguous");
  let number = isAmbiguous ? Math.max(0, ...pool.slots.map((slot) => slot.number)) + 1 : 1;
  while (isTaken(number)) number++;
  return number;
}

async function build(context: LendingContext, pool: Pool, slot: Slot): Promise<AdditionResult> {
  const { record } = pool;
  if (record === undefined) return refused("pool_metadata_invalid", unreadableCount(pool));
  if (!isSafeRepoUrl(record.repoUrl))
    return refused("unsafe_url", "the pool's repo_url is not one that git may be given");
  return withStaging(context, "slot", async (staging) => {
    const job = { context, pool, slot, url: record.repoUrl, staging };
    const built = pool.layout === "clone" ? await buildClone(job) : await buildWorktreeSlot(job);
    if (built.kind === "failed") return refused("clone_failed", built.detail);
    return moveInCounted(job, built.moves) ?? { kind: "added", slot: findSlot(context, slot.slotId).slot };
  });
}

interface Job {
  readonly context: LendingContext;
  readonly pool: Pool;
  readonly slot: Slot;
  readonly url: string;
  readonly staging: string;
}

type Built = { readonly kind: "built"; readonly moves: readonly Move[] } | { kind: "failed"; detail: string };

const failed = (detail: string): Built => ({ kind: "failed", detail });

async function buildClone({ context, pool, slot, url, staging }: Job): Promise<Built> {
  const clone = join(staging, "clone");
  const failure = await cloneBeside(url, clone, { branches: findKnownBranches(pool) });
  if (failure !== undefined) return failed(failure);
  const tip = readHeadTip(join(clone, ".git"));
  const fresh = { repoName: pool.repoName, repoUrl: url, number: slot.number, slotPath: slot.path, tip };
  writeNewRecord(context, fresh, join(clone, "slot.json"));
  excludeRecord(join(clone, ".git"));
  return { kind: "built", moves: [{ name: "clone", target: slot.path }] };
}

async function buildWorktreeSlot({ context, pool, slot, url, staging }: Job): Promise<Built> {
  const main = mainRepositoryPath(pool.directory);
  const { commit } = readHeadTip(main);
  if (commit === undefined) return failed(`${main} has no commit on the branch of its HEAD`);
  const adminPath = freePath(join(main, "worktrees", `slot${slot.number}`));
  const ref = freeBranch(main, slotBranch(pool.repoName, slot.number));
  for (const place of [dirname(adminPath), dirname(slot.path)]) {
    if (!isReallyInside(pool.directory, place)) return failed(`${place} leads out of the pool`);
    mkdirSync(place, { recursive: true });
  }
  const failure = await buildWorktree({
    ...{ mainRepository: main, adminPath, slotPath: slot.path, ref, commit, staging },
    timeoutSeconds: context.cleanupTimeoutSeconds,
    linkStyle: findLinkStyle({ pool, slot, knownGood: context.knownGood }),
  });
  if (failure !== undefined) return failed(failure);
  const fresh = {
    repoName: pool.repoName,
    repoUrl: url,
    number: slot.number,
    slotPath: slot.path,
    tip: { ref, commit },
  };
  writeNewRecord(context, fresh, join(staging, "record", "slot.json"));
  new SlotRepositoryFiles({ gitDirectory: main, commonDirectory: main }).writeRef(ref, commit);
  const moves = [
    { name: "admin", target: adminPath },
    { name: "tree", target: slot.path },
    { name: "record", target: dirname(slot.recordPath) },
  ];
  return { kind: "built", moves };
}

interface Move {
  readonly name: string;
  readonly target: string;
}

/**
 * Counted first: whatever of a counted slot is not there when we are killed is a fault that detection names and
 * recovery brings back, while a slot that nobody counted is seen by nobody. The pool manager counts without a lock, and
 * makes a slot in its place: so both are looked at again after the clone.
 */
function moveInCounted({ context, slot, staging }: Job, moves: readonly Move[]): Refused | undefined {
  const pool = findPool(context, slot.repoName);
  const { record } = pool;
  if (record === undefined) return refused("pool_metadata_invalid", unreadableCount(pool));
  const taken = moves.find(({ target }) => exists(target));
  if (taken !== undefined)
    return refused("not_available", `another program made ${taken.target} meanwhile: add a slot again`);
  const present = pool.slots.filter(({ reading }) => reading.kind === "valid").length;
  writeSlotCount(context, pool, { record, numSlots: Math.max(record.numSlots, present) + 1 });
  const done: Move[] = [];
  try {
    for (const move of moves) {
      renameSync(join(staging, move.name), move.target);
      done.push(move);
      syncDirectory(dirname(move.target));
    }
  } catch (error) {
    for (const { name, target } of done.reverse()) renameSync(target, join(staging, name));
    writeSlotCount(context, pool, { record, numSlots: record.numSlots });
    throw error;
  }
  return undefined;
}

/** The branch of a slot that was removed stays with its commits, so a new slot of that number gets another. */
function freeBranch(main: string, ref: string): string {
  const packed = readPackedRefMap(main);
  // A killed addition may have left the branch's lock file.
  const isTaken = (name: string): boolean =>
    ["", ".lock"].some((ending) => exists(join(main, ...name.split("/")) + ending)) || packed.has(name);
  let free = ref;
  for (let count = 2; isTaken(free); count++) free = `${ref}-${count}`;
  return free;
}

function freePath(path: string): string {
  let free = path;
  for (let count = 2; exists(free); count++) free = `${path}-${count}`;
  return free;
}

function exists(path: string): boolean {
  return readEntry(path).kind !== "missing";
}
