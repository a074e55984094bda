import { runGit } from "../git/run/run-git.ts";
import type { UnsavedWorkKind } from "../inspection/finding.ts";
import { readUnsavedWork } from "../inspection/deep/unsaved-work.ts";
import { locateRepository } from "../inspection/probe/worktree-links.ts";
import { holdsRecord } from "../pool/layouts/layout.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { isSafeRepoUrl } from "../pool/repo-url.ts";
import { createStamp } from "../salvage/create-stamp.ts";
import { saveWork, type SalvageResult } from "../salvage/save/save-work.ts";
import type { StorageFault } from "../salvage/storage-fault.ts";
import { cleanSlot } from "./clean-slot.ts";
import { fetchIntoSlot } from "./fetch-into-slot.ts";
import type { LendingContext } from "./lending-context.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

export interface Preparation {
  readonly purpose: "allocate" | "release";
  readonly fetches: boolean;
  readonly warmsUp: boolean;
}

export type PreparationResult =
  | {
      readonly kind: "prepared";
      readonly warnings: readonly string[];
      readonly salvageId: string | undefined;
    }
  | {
      readonly kind: "failed";
      readonly reason: StorageFault["reason"] | "salvage_incomplete" | "cleanup_failed";
      readonly detail: string;
      readonly salvageId: string | undefined;
    };

/** Work that is written while a slot is cleaned is saved too; after so many looks somebody plainly works in it. */
const mostLooks = 3;

/**
 * Fetches, saves what is unsaved, then cleans. Nothing is cleaned if something readable could not be saved. The network comes
 * first: a slow remote must not stand between the look and the clean-up.
 */
export async function prepareSlot(
  context: LendingContext,
  place: SlotInPool,
  how: Preparation,
): Promise<PreparationResult> {
  const now = context.clock.now();
  const time = { now, stamp: createStamp(now) };
  const warnings = how.fetches ? await fetchForSlot(context, place) : [];
  for (let look = 1; ; look++) {
    const prepared = await saveAndClean(context, { ...place, ...time }, how);
    if (prepared.kind === "prepared") return { ...prepared, warnings: [...warnings, ...prepared.warnings] };
    if (prepared.kind === "failed") return prepared;
    if (look < mostLooks) continue;
    const detail = `${prepared.detail} changed while the slot was to be cleaned: somebody works there`;
    return { ...prepared, kind: "failed", reason: "salvage_incomplete", detail };
  }
}

interface SlotInPool {
  readonly pool: Pool;
  readonly slot: Slot;
}

/** @returns warnings. */
async function fetchForSlot(context: LendingContext, { pool, slot }: SlotInPool): Promise<readonly string[]> {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  const { repoUrl: url } = pool;
  if (directories === undefined || url === undefined) return [];
  if (!isSafeRepoUrl(url)) return ["not fetched: the pool's repo_url is not one that git may be given"];
  const { stateDir, cleanupTimeoutSeconds: timeoutSeconds } = context;
  return fetchIntoSlot({ slotPath: slot.path, directories, stateDir, timeoutSeconds }, url);
}

/** Somebody wrote into the slot since its work was seen or saved. */
interface Disturbed {
  readonly kind: "disturbed";
  readonly detail: string;
  readonly salvageId: string | undefined;
}

async function saveAndClean(
  context: LendingContext,
  { pool, slot, now, stamp }: SlotInPool & { readonly now: Date; readonly stamp: string },
  how: Preparation,
): Promise<PreparationResult | Disturbed> {
  const saved = await saveBeforeCleanUp(context, { pool, slot, stamp }, how.purpose);
  const salvageId = saved.kind === "saved" ? saved.salvageId : undefined;
  if (saved.kind === "incomplete")
    return { kind: "failed", reason: saved.reason, detail: saved.detail, salvageId };
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined)
    return { kind: "failed", reason: "cleanup_failed", detail: `${slot.path} has no repository`, salvageId };
  const findNewWork = async (): Promise<string | undefined> =>
    (await hasWorkAtStake(context, { pool, slot })) ? slot.path : undefined;
  const cleaned = await cleanSlot({
    slotId: slot.slotId,
    slotPath: slot.path,
    poolDirectory: pool.directory,
    directories,
    stateDir: context.stateDir,
    now,
    stamp,
    findLateChange:
      saved.kind === "saved" ? (below) => Promise.resolve(saved.findLateChange(below)) : findNewWork,
    holdsRecord: holdsRecord(slot),
    // Such a file makes the look answer that something is unknown, and a salvage names it.
    mayHoldSpecialRules: saved.kind === "saved" && saved.mayHoldSpecialFiles,
    mayHoldChangedSubmodules: saved.kind === "saved",
    isSubmodule: false,
    timeoutSeconds: context.cleanupTimeoutSeconds,
  });
  if (cleaned.kind === "changed") return { kind: "disturbed", detail: cleaned.detail, salvageId };
  if (cleaned.kind === "failed") return { ...cleaned, salvageId };
  if (how.warmsUp) await warmUp(directories.gitDirectory, context);
  return { kind: "prepared", warnings: cleaned.warnings, salvageId };
}

/** A clean-up leaves commits, branches and stashes where they are: only these kinds of work are at stake. */
const lostByCleanUp: readonly UnsavedWorkKind[] = ["uncommitted", "untracked", "in_progress", "unknown"];

async function saveBeforeCleanUp(
  context: LendingContext,
  { pool, slot, stamp }: SlotInPool & { readonly stamp: string },
  purpose: Preparation["purpose"],
): Promise<SalvageResult> {
  const place = { ...context, pool, slot, stamp };
  if (purpose === "release") return saveWork(place, purpose, { runsLfs: true });
  if (!(await hasWorkAtStake(context, { pool, slot }))) return { kind: "nothing_unsaved" };
  return saveWork(place, purpose, { isUnsavedWorkKnown: true });
}

/** Also if it cannot be told. */
async function hasWorkAtStake(context: LendingContext, { pool, slot }: SlotInPool): Promise<boolean> {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return true;
  const kinds = await readUnsavedWork(directories, slot.path, {
    holdsRecord: holdsRecord(slot),
    timeoutSeconds: context.cleanupTimeoutSeconds,
    runsLfs: true,
  });
  return kinds.some((kind) => lostByCleanUp.includes(kind));
}

/** Reads the commits and trees that the next agent's first commands read. Only an attempt: nothing depends on it. */
async function warmUp(gitDirectory: string, context: LendingContext): Promise<void> {
  await runGit({
    args: ["rev-list", "--objects", "--count", "--max-count=1000", "HEAD"],
    gitDirectory,
    timeoutSeconds: context.cleanupTimeoutSeconds,
  });
}
