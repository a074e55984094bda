import { cp } from "node:fs/promises";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../git/run/run-git.ts";
import { allBranches } from "../git/refs/refspec.ts";
import { readHeadTip, readRefIds } from "../git/refs/tips.ts";
import { rememberPools } from "../inspection/memory/known-pools.ts";
import { syncDirectory } from "../platform/atomic-file.ts";
import { systemErrorCode, UsageError } from "../platform/coded-error.ts";
import { readEntry } from "../platform/regular-file.ts";
import { createTemporaryDirectory } from "../platform/temporary-directory.ts";
import { mainRepositoryPath, slotBranch, slotRecordPath } from "../pool/layouts/layout.ts";
import { layouts } from "../pool/layouts/layouts.ts";
import type { LayoutKind, Pool } from "../pool/pool.ts";
import { isRepoName } from "../pool/slot-id.ts";
import { excludeRecord } from "../recovery/repair/exclude-record.ts";
import { cloneBeside } from "../recovery/repair/clone-beside.ts";
import { isSafeRepoUrl } from "../pool/repo-url.ts";
import { refused, type LendingContext, type Refused } from "./lending-context.ts";
import { findPool } from "./locked-slot.ts";
import { buildWorktree, writeNewRecord } from "./new-slot.ts";
import { formatNewPool } from "./pool-record-writer.ts";
import { withStaging } from "./staging.ts";

export interface NewPool {
  readonly repoName: string;
  readonly repoUrl: string;
  readonly numSlots: number;
  readonly layout: LayoutKind;
}

export type CreationResult = { readonly kind: "created"; readonly pool: Pool } | Refused;

/** More slots than any host holds. */
const mostSlots = 10_000;

/**
 * Makes a pool beside the others and renames it in whole: other programs see all of it or nothing, whenever we die.
 * @throws UsageError `POOL_NAME_INVALID`, `REPO_URL_UNSAFE`, `SLOT_COUNT_INVALID` or `POOL_EXISTS`.
 */
export async function createPool(
  context: LendingContext,
  wanted: NewPool,
  onSlot: (done: number) => void = () => undefined,
): Promise<CreationResult> {
  assertSound(wanted);
  const target = join(context.workspacesDir, wanted.repoName);
  assertFree(target, wanted.repoName);
  mkdirSync(join(context.workspacesDir, "locks"), { recursive: true });
  return withStaging(context, "pool", async (staging) => {
    const built = join(staging, wanted.repoName);
    mkdirSync(built);
    const place = { ...wanted, staging, built, target };
    const failure =
      wanted.layout === "clone"
        ? await buildClones(context, place, onSlot)
        : await buildWorktrees(context, place, onSlot);
    if (failure !== undefined) return refused("clone_failed", failure);
    writeFileSync(join(built, "pool.json"), formatNewPool(context, wanted), { flush: true });
    moveIn(place);
    syncDirectory(context.workspacesDir);
    rememberPools(context, [wanted.repoName]);
    return { kind: "created", pool: findPool(context, wanted.repoName) };
  });
}

/** @throws UsageError `POOL_EXISTS` also if somebody else has made it meanwhile */
function moveIn({ built, target, repoName }: Place): void {
  assertFree(target, repoName);
  try {
    renameSync(built, target);
  } catch (error) {
    if (systemErrorCode(error) === "ENOTEMPTY") assertFree(target, repoName);
    throw error;
  }
}

function assertSound({ repoName, repoUrl, numSlots }: NewPool): void {
  if (!isRepoName(repoName))
    throw new UsageError(
      "POOL_NAME_INVALID",
      `${JSON.stringify(repoName)} cannot name a pool: expected a directory's name that begins with neither "-" nor "."`,
    );
  if (!isSafeRepoUrl(repoUrl))
    throw new UsageError(
      "REPO_URL_UNSAFE",
      `${JSON.stringify(repoUrl)} is not a URL that git may be given: expected https://, ssh://, git://, file://, user@host:path or an absolute path`,
    );
  if (!Number.isInteger(numSlots) || numSlots < 1 || numSlots > mostSlots)
    throw new UsageError("SLOT_COUNT_INVALID", `a pool has 1 to ${mostSlots} slots, not ${numSlots}`);
}

function assertFree(target: string, repoName: string): void {
  if (readEntry(target).kind !== "missing")
    throw new UsageError("POOL_EXISTS", `${target} exists: the pool ${repoName} cannot be created`);
}

interface Place extends NewPool {
  readonly staging: string;
  /** The pool while it is being made. */
  readonly built: string;
  /** Where the pool will be. */
  readonly target: string;
}

/** One transfer, then copies: no slot shares a file with another. */
async function buildClones(
  context: LendingContext,
  place: Place,
  onSlot: (done: number) => void,
): Promise<string | undefined> {
  const slotPath = (pool: string, number: number): string => layouts.clone.slotPath(pool, number);
  const first = slotPath(place.built, 1);
  const failure = await cloneBeside(place.repoUrl, first);
  if (failure !== undefined) return failure;
  excludeRecord(join(first, ".git"));
  for (let number = 2; number <= place.numSlots; number++) {
    onSlot(number - 1);
    const copy = slotPath(place.built, number);
    await cp(first, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await refreshIndex(copy, context);
  }
  const tip = readHeadTip(join(first, ".git"));
  for (let number = 1; number <= place.numSlots; number++) {
    const slot = { ...place, number, tip, slotPath: slotPath(place.target, number) };
    writeNewRecord(context, slot, slotRecordPath(place.built, number));
  }
  onSlot(place.numSlots);
  return undefined;
}

/** The copied files have other inodes than the index remembers: without this the first git status reads them all. */
async function refreshIndex(slot: string, context: LendingContext): Promise<void> {
  await runGit({
    args: ["update-index", "-q", "--refresh"],
    gitDirectory: join(slot, ".git"),
    workTree: slot,
    cwd: slot,
    timeoutSeconds: context.cleanupTimeoutSeconds,
  });
}

async function buildWorktrees(
  context: LendingContext,
  place: Place,
  onSlot: (done: number) => void,
): Promise<string | undefined> {
  const main = mainRepositoryPath(place.built);
  const failure =
    (await cloneBeside(place.repoUrl, main, { options: ["--bare"] })) ?? (await trackRemote(main, context));
  if (failure !== undefined) return failure;
  const { commit } = readHeadTip(main);
  if (commit === undefined) return "the repository has no commit: slots of a worktree pool need one";
  mkdirSync(join(main, "worktrees"));
  mkdirSync(join(place.built, "worktrees"));
  for (let number = 1; number <= place.numSlots; number++) {
    const slotPath = layouts.worktree.slotPath(place.target, number);
    const ref = slotBranch(place.repoName, number);
    const staging = createTemporaryDirectory("slot", place.staging);
    const adminPath = join(mainRepositoryPath(place.target), "worktrees", `slot${number}`);
    const problem = await buildWorktree({
      ...{ mainRepository: main, adminPath, slotPath, ref, commit, staging },
      timeoutSeconds: context.cleanupTimeoutSeconds,
    });
    if (problem !== undefined) return problem;
    renameSync(join(staging, "admin"), join(main, "worktrees", `slot${number}`));
    renameSync(join(staging, "tree"), layouts.worktree.slotPath(place.built, number));
    createRef(main, ref, commit);
    writeNewRecord(
      context,
      { ...place, number, slotPath, tip: { ref, commit } },
      slotRecordPath(place.built, number),
    );
    onSlot(number);
  }
  return undefined;
}

function createRef(main: string, ref: string, commit: string): void {
  const path = join(main, ...ref.split("/"));
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `${commit}\n`, { flush: true });
}

/** A bare clone fetches nothing by itself: with this, agents fetch as in a clone, and unpushed work can be told. */
async function trackRemote(main: string, context: LendingContext): Promise<string | undefined> {
  const git = { gitDirectory: main, timeoutSeconds: context.cleanupTimeoutSeconds };
  const configured = await runGit({ ...git, args: ["config", "remote.origin.fetch", allBranches] });
  const lines = [...readRefIds(main)]
    .filter(([name]) => name.startsWith("refs/heads/"))
    .map(([name, id]) => `create ${name.replace("refs/heads/", "refs/remotes/origin/")} ${id}\n`);
  const updated = await runGit({ ...git, args: ["update-ref", "--stdin"], input: lines.join("") });
  const isDone = configured.kind === "done" && updated.kind === "done";
  return isDone ? undefined : "the main repository could not be set up to follow its remote";
}
