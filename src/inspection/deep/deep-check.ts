import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findLeftByPrune } from "../../git/refs/dangling-refs.ts";
import { headPath } from "../../git/refs/head.ts";
import { listLooseRefs } from "../../git/refs/refs.ts";
import { describeGitFailure, type GitResult } from "../../git/run/git-command.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { asError } from "../../platform/coded-error.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Finding, FindingCode } from "../finding.ts";
import { ignoreOpinions } from "../../git/objects/fsck-opinions.ts";
import { runFsck } from "../../git/objects/run-fsck.ts";
import { readFsckReport } from "./fsck-report.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export type DeepCheck =
  | { readonly kind: "checked"; readonly findings: readonly Finding[] }
  | { readonly kind: "unchecked"; readonly detail: string };

/** Which `git fsck` runs. */
export type DeepDepth = "connectivity" | "full";

export interface DeepCheckOptions {
  readonly depth: DeepDepth;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
  /** Ignored directories by these names are no unsaved work in a slot without a record. */
  readonly remadeNames?: readonly string[] | undefined;
}

/**
 * Runs `git fsck` on a copy of the refs in our own directory that borrows the slot's objects: even fsck executes
 * what the slot's own configuration names (measured), so that configuration is never read by git.
 */
export async function checkDeep(directories: GitDirectories, options: DeepCheckOptions): Promise<DeepCheck> {
  try {
    return await withScratchCopy(
      directories,
      (scratch) => checkObjects(scratch, directories, options.depth),
      limitsOf(options),
    );
  } catch (error) {
    return { kind: "unchecked", detail: asError(error).message };
  }
}

/** The deep check of a store, by the admin directories of the worktrees that share it. */
export interface SharedDeepCheck {
  /** Faults of the store itself, which concern every worktree. */
  readonly shared: DeepCheck;
  readonly byWorktree: ReadonlyMap<string, DeepCheck>;
}

/**
 * Checks a store once for all worktrees that share it, then finds out whose fault a missing object is: what only one
 * worktree needs is that slot's fault, the rest is the repository's.
 */
export async function checkSharedDeep(
  commonDirectory: string,
  admins: readonly string[],
  options: DeepCheckOptions,
): Promise<SharedDeepCheck> {
  const directories = { gitDirectory: commonDirectory, commonDirectory };
  try {
    return await withScratchCopy(
      directories,
      async (scratch) => {
        const store = await checkObjects(scratch, directories, options.depth);
        const byWorktree = new Map<string, DeepCheck>();
        const isSound =
          store.kind === "checked" && store.findings.every(({ code }) => !unsoundCodes.includes(code));
        // If every ref is whole, only objects that no ref leads to are left to check.
        const beyond = isSound ? ["--not", "--all"] : [];
        for (const admin of admins)
          byWorktree.set(admin, await checkWorktree(scratch, { admin, beyond, depth: options.depth }));
        for (const admin of admins) addOwnFaults(byWorktree, admin, store);
        return { shared: withoutWorktreeFaults(store, [...byWorktree.values()], directories), byWorktree };
      },
      { worktrees: admins, ...limitsOf(options) },
    );
  } catch (error) {
    return { shared: { kind: "unchecked", detail: asError(error).message }, byWorktree: new Map() };
  }
}

/** With one of these, a walk over all refs does not come to its end. */
const unsoundCodes: readonly FindingCode[] = ["object_missing", "ref_target_missing", "ref_invalid"];

/** A missing object is the repository's fault unless it is one that some, not all, worktrees need. */
function withoutWorktreeFaults(
  store: DeepCheck,
  worktrees: readonly DeepCheck[],
  { commonDirectory }: GitDirectories,
): DeepCheck {
  if (store.kind === "unchecked") return store;
  const faulty = worktrees.filter((check) => check.kind === "checked" && check.findings.length > 0);
  const isOfSome = faulty.length > 0 && faulty.length < Math.max(worktrees.length, 2);
  const findings = store.findings
    .filter(({ code }) => !(isOfSome && code === "object_missing"))
    .filter(({ path }) => !isInside(join(commonDirectory, "worktrees"), path))
    .map((finding) => ({ ...finding, isShared: true }));
  return { kind: "checked", findings };
}

/** What fsck names in the admin directory of one worktree is the fault of its slot, and not of its siblings. */
function addOwnFaults(byWorktree: Map<string, DeepCheck>, admin: string, store: DeepCheck): void {
  const check = byWorktree.get(admin);
  if (store.kind !== "checked" || check?.kind !== "checked") return;
  const own = store.findings.filter(({ path }) => isInside(admin, path));
  byWorktree.set(admin, { kind: "checked", findings: [...check.findings, ...own] });
}

/** Whether everything that one worktree's HEAD and index need is there. */
async function checkWorktree(
  scratch: ScratchRepository,
  { admin, beyond, depth }: { admin: string; beyond: readonly string[]; depth: DeepDepth },
): Promise<DeepCheck> {
  const gitDirectory = scratch.worktree(admin);
  if (!existsSync(headPath(gitDirectory)))
    return { kind: "unchecked", detail: `${admin} has no HEAD: it may have been removed meanwhile` };
  const args = ["rev-list", "--objects", "--quiet", "--indexed-objects", "HEAD", ...beyond];
  const result = await scratch.run(args, { gitDirectory });
  if (result.kind === "done") return { kind: "checked", findings: [] };
  if (result.kind !== "failed" || couldNotRead(result))
    return { kind: "unchecked", detail: describeGitFailure(result) };
  const found = describeGitFailure(result).replaceAll(gitDirectory, admin);
  // A branch without a commit yet has nothing that could be missing.
  if (/ambiguous argument 'HEAD'|bad revision 'HEAD'/.test(result.stderr))
    return { kind: "checked", findings: [] };
  const expected = "every object of HEAD and index";
  return { kind: "checked", findings: [{ code: "object_missing", path: admin, expected, found, depth }] };
}

/**
 * True if the system kept git from reading: what git calls missing or corrupt then may be neither. An object's own file
 * that is gone, or another thing than a file, is no such case.
 */
function couldNotRead({ stderr }: { readonly stderr: string }): boolean {
  return systemRefusals.some((text) => stderr.includes(`: ${text}\n`));
}

/** As the system words them in English, which is what git is asked to speak. */
const systemRefusals = [
  "Permission denied",
  "Operation not permitted",
  "Input/output error",
  "Stale file handle",
  "Transport endpoint is not connected",
  "Too many open files",
  "Too many open files in system",
  "Cannot allocate memory",
  "Connection timed out",
  "Host is down",
  "Remote I/O error",
];

async function checkObjects(
  scratch: ScratchRepository,
  directories: GitDirectories,
  depth: DeepDepth,
): Promise<DeepCheck> {
  // To fsck it is damage, and to nothing else of git.
  for (const name of findLeftByPrune(
    directories.commonDirectory,
    listLooseRefs(uncachedReader, directories.commonDirectory),
  ))
    rmSync(join(scratch.directory, name), { force: true });
  const mode = depth === "full" ? "--full" : "--connectivity-only";
  const result = await runWithoutOpinions(scratch, mode);
  if (result.kind === "done") return { kind: "checked", findings: [] };
  const findings =
    result.kind === "failed" && !couldNotRead(result)
      ? readFsckReport({ ...result, scratch: scratch.directory }, directories, depth)
      : undefined;
  if (findings === undefined) return { kind: "unchecked", detail: describeGitFailure(result) };
  return { kind: "checked", findings };
}

/** Of one object fsck names a single flaw, and those of others at once: few rounds name them all. */
const mostRounds = 10;

/** Asks fsck again without what it said of the form of objects: its exit code does not tell that from damage. */
async function runWithoutOpinions(scratch: ScratchRepository, mode: string): Promise<GitResult> {
  const settings = new Set<string>();
  let result = await runFsck(scratch, [mode]);
  for (let round = 1; round < mostRounds && result.kind === "failed"; round++) {
    const opinions = ignoreOpinions(result.stderr).filter((setting) => !settings.has(setting));
    if (opinions.length === 0) break;
    for (const setting of opinions) settings.add(setting);
    result = await runFsck(scratch, [mode], [...settings]);
  }
  return result;
}

function limitsOf({ timeoutSeconds, signal }: DeepCheckOptions) {
  return { timeoutSeconds, ...(signal === undefined ? {} : { signal }) };
}
