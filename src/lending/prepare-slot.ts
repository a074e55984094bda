import { runGit } from "../git/run/run-git.ts";
import type { UnsavedWorkKind } from "../inspection/finding.ts";
import { readUnsavedWork } from "../inspection/deep/unsaved-work.ts";
import { locateRepository } from "../inspection/probe/worktree-links.ts";
import { holdsRecord } from "../pool/layouts/layout.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { isSafeRepoUrl } from "../pool/repo-url.ts";
import { createStamp } from "../salvage/create-stamp.ts";
import { saveWork, type SalvageResult } from "../salvage/save/save-work.ts";
import { cleanSlot } from "./clean-slot.ts";
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
      readonly reason: "disk_space" | "salvage_incomplete" | "cleanup_failed";
      readonly detail: string;
      readonly salvageId: string | undefined;
    };

/** Saves what is unsaved, then cleans. Nothing is cleaned if something readable could not be saved. */
export async function prepareSlot(
  context: LendingContext,
  { pool, slot }: { pool: Pool; slot: Slot },
  how: Preparation,
): Promise<PreparationResult> {
  const now = context.clock.now();
  const stamp = createStamp(now);
  const saved = await saveBeforeCleanUp(context, { pool, slot, stamp }, how.purpose);
  const salvageId = saved.kind === "saved" ? saved.salvageId : undefined;
  if (saved.kind === "incomplete")
    return { kind: "failed", reason: saved.reason, detail: saved.detail, salvageId };
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined)
    return { kind: "failed", reason: "cleanup_failed", detail: `${slot.path} has no repository`, salvageId };
  const url = how.fetches ? pool.repoUrl : undefined;
  const isUrlSafe = url === undefined || isSafeRepoUrl(url);
  const cleaned = await cleanSlot({
    slotId: slot.slotId,
    slotPath: slot.path,
    poolDirectory: pool.directory,
    directories,
    stateDir: context.stateDir,
    now,
    stamp,
    fetchUrl: isUrlSafe ? url : undefined,
    holdsRecord: holdsRecord(slot),
    // Such a file makes the look answer that something is unknown, and a salvage names it.
    mayHoldSpecialRules: saved.kind === "saved" && saved.mayHoldSpecialFiles,
    mayHoldChangedSubmodules: saved.kind === "saved",
    isSubmodule: false,
    timeoutSeconds: context.cleanupTimeoutSeconds,
  });
  if (cleaned.kind === "failed")
    return { kind: "failed", reason: "cleanup_failed", detail: cleaned.detail, salvageId };
  if (how.warmsUp) await warmUp(directories.gitDirectory, context);
  const warnings = isUrlSafe ? [] : ["not fetched: the pool's repo_url is not one that git may be given"];
  return { kind: "prepared", warnings: [...warnings, ...cleaned.warnings], salvageId };
}

/** A clean-up leaves commits, branches and stashes where they are: only these kinds of work are at stake. */
const lostByCleanUp: readonly UnsavedWorkKind[] = ["uncommitted", "untracked", "in_progress", "unknown"];

async function saveBeforeCleanUp(
  context: LendingContext,
  { pool, slot, stamp }: { pool: Pool; slot: Slot; stamp: string },
  purpose: Preparation["purpose"],
): Promise<SalvageResult> {
  const { stateDir, clock, salvage } = context;
  const place = { pool, slot, stamp, stateDir, clock, salvage };
  if (purpose === "release") return saveWork(place, purpose);
  const { directories } = locateRepository(uncachedReader, slot, pool);
  const kinds =
    directories === undefined
      ? (["unknown"] as const)
      : await readUnsavedWork(directories, slot.path, {
          holdsRecord: holdsRecord(slot),
          timeoutSeconds: context.cleanupTimeoutSeconds,
        });
  if (!kinds.some((kind) => lostByCleanUp.includes(kind))) return { kind: "nothing_unsaved" };
  return saveWork(place, purpose, { isUnsavedWorkKnown: true });
}

/** Reads the commits and trees that the next agent's first commands read. Only an attempt: nothing depends on it. */
async function warmUp(gitDirectory: string, context: LendingContext): Promise<void> {
  await runGit({
    args: ["rev-list", "--objects", "--count", "--max-count=1000", "HEAD"],
    gitDirectory,
    timeoutSeconds: context.cleanupTimeoutSeconds,
  });
}
