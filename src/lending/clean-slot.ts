import { rmSync } from "node:fs";
import { join } from "node:path";
import { listSparseSettings } from "../git/config/work-tree-settings.ts";
import { describeGitFailure, type GitResult } from "../git/run/git-command.ts";
import { readHead } from "../git/refs/head.ts";
import { readPackedRefMap } from "../git/refs/packed-refs.ts";
import { resolveRef } from "../git/refs/refs.ts";
import { shareState } from "../git/scratch/shared-rights.ts";
import type { ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { searchWorkTree } from "../git/search-work-tree.ts";
import { encodePath } from "../platform/byte-text.ts";
import { asError } from "../platform/coded-error.ts";
import { requireInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import { unlockFolders } from "../platform/unlock-folders.ts";
import { CleanIndex } from "./clean-index.ts";
import type { CleanUp } from "./clean-up.ts";
import { findStorageFault, type StorageFault } from "../salvage/storage-fault.ts";
import { findFilteredPaths } from "./filtered-paths.ts";
import {
  quarantineGitOperations,
  quarantineHiddenFiles,
  quarantineLeftovers,
  quarantineNestedWorktrees,
  quarantineSparsePatterns,
} from "./put-aside.ts";
import { listSubmodules, type CheckedOutSubmodule } from "./list-submodules.ts";
import { withSlotCopy } from "./slot-copy.ts";
import { SlotRepositoryFiles } from "./slot-repository-files.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

export type CleanUpResult =
  /** `warnings`: what does not stop a slot from being used. */
  | { readonly kind: "cleaned"; readonly warnings: readonly string[] }
  | Changed
  /** With the reason of a storage fault, nothing was begun. */
  | {
      readonly kind: "failed";
      readonly reason: StorageFault["reason"] | "cleanup_failed";
      readonly detail: string;
    };

/** Somebody works in the slot: nothing was removed or rewritten that nobody has saved. `detail` is a path. */
interface Changed {
  readonly kind: "changed";
  readonly detail: string;
}

/** slot.json is the pool's, whatever a repository tracks under that name. */
const recordName = "slot.json";

/**
 * Cleans and resets a slot: afterwards its work tree is what HEAD says, and the branch is the one it was.
 * Git runs with a scratch repository and the slot as its work tree: nothing that the slot's own configuration names
 * is executed or believed, and no index of the slot can hide a change from the reset. Unsaved work is saved before.
 */
export async function cleanSlot(job: CleanUp): Promise<CleanUpResult> {
  return withCopy(job, async (scratch) => {
    if (job.mayHoldSpecialRules) await removeSpecialRuleFiles(job.slotPath);
    return cleanThrough(scratch, job);
  });
}

/** With a scratch copy of the repository, and what is thrown as a failure. */
async function withCopy(
  job: CleanUp,
  clean: (scratch: ScratchRepository) => Promise<CleanUpResult>,
): Promise<CleanUpResult> {
  try {
    return await withSlotCopy(job, (scratch) =>
      clean(scratch).catch((error: unknown) => failed(asError(error).message)),
    );
  } catch (error) {
    return { ...failed(asError(error).message), ...findStorageFault(error, job.stateDir) };
  }
}

function failed(detail: string): Extract<CleanUpResult, { kind: "failed" }> {
  return { kind: "failed", reason: "cleanup_failed", detail };
}

async function cleanThrough(scratch: ScratchRepository, job: CleanUp): Promise<CleanUpResult> {
  const indexLock = join(job.directories.gitDirectory, "index.lock");
  if (readEntry(indexLock).kind !== "missing")
    return failed(`${indexLock} exists: a git command runs, or one left it behind`);
  scratch.copyInfo(job.directories.commonDirectory, "attributes");
  const failure = await resetUnlocked(scratch, job);
  if (failure?.kind === "changed") return failure;
  if (failure !== undefined) return failed(describeGitFailure(failure));
  new SlotRepositoryFiles(job.directories).writeIndex(scratch);
  quarantineGitOperations(job);
  if (!scratch.format.isPartial) quarantineSparsePatterns(job);
  quarantineNestedWorktrees(job);
  shareState(job.directories.commonDirectory);
  const warnings = [...quarantineLeftovers(job), ...(await cleanSubmodules(scratch, job))];
  return { kind: "cleaned", warnings };
}

/** As the slot itself, those in submodules included. @returns what did not work, which stops nothing. */
async function cleanSubmodules(scratch: ScratchRepository, job: CleanUp): Promise<string[]> {
  if (!job.mayHoldChangedSubmodules) return [];
  const { checkedOut, filled } = await listSubmodules(scratch, job);
  const warnings = quarantineHiddenFiles(filled, job);
  for (const submodule of checkedOut) {
    const cleaned = await cleanSubmodule(submodule, job);
    if (cleaned.kind === "cleaned") warnings.push(...cleaned.warnings);
    else warnings.push(`the submodule ${submodule.workTree} stays as it is: ${describeEnd(cleaned)}`);
  }
  return warnings;
}

function describeEnd({ kind, detail }: Exclude<CleanUpResult, { kind: "cleaned" }>): string {
  return kind === "changed" ? `${detail} changed since it was saved` : detail;
}

async function cleanSubmodule(
  { commit, workTree, gitDirectory }: CheckedOutSubmodule,
  parent: CleanUp,
): Promise<CleanUpResult> {
  const directories = { gitDirectory, commonDirectory: gitDirectory };
  // The files around it are not as they were: they have just been cleaned.
  const findLateChange: CleanUp["findLateChange"] = (below = workTree) => parent.findLateChange(below);
  const facts = { slotPath: workTree, findLateChange, holdsRecord: false, isSubmodule: true };
  const job: CleanUp = { ...parent, ...facts, directories };
  return withCopy(job, async (scratch) => {
    scratch.detachHead(commit);
    const cleaned = await cleanThrough(scratch, job);
    if (cleaned.kind === "cleaned") new SlotRepositoryFiles(directories).writeRef("HEAD", commit);
    return cleaned;
  });
}

type Failure = Exclude<GitResult, { kind: "done" }>;

/** They hold nothing: what git would wait for goes with everything else that is untracked. */
async function removeSpecialRuleFiles(workTree: string): Promise<void> {
  for (const path of (await searchWorkTree(workTree)).specialRuleFiles) {
    requireInside(workTree, path);
    rmSync(encodePath(path), { force: true });
  }
}

/** Files in a read-only directory, such as Go's module cache, cannot be removed: the directory is made writable first. */
async function resetUnlocked(
  scratch: ScratchRepository,
  job: CleanUp,
): Promise<Failure | Changed | undefined> {
  const failure = await resetWorkTree(scratch, job);
  const isRepository = (name: string): boolean => name === ".git";
  if (failure?.kind !== "failed" || unlockFolders(job.slotPath, isRepository) === 0) return failure;
  // By now some files are those that we wrote.
  return resetWorkTree(scratch, { ...job, findLateChange: () => Promise.resolve(undefined) });
}

async function resetWorkTree(
  scratch: ScratchRepository,
  job: CleanUp,
): Promise<Failure | Changed | undefined> {
  const startedAt = new Date();
  const last = new CleanIndex(job);
  const commit = readHeadCommit(scratch.directory);
  const isBorn = commit !== undefined;
  const sparse = leaveOut(scratch, job);
  const mayUseLast = isBorn && isLastIndexOf(job, sparse);
  const copied = mayUseLast && last.copyTo(scratch);
  const isOfHead =
    copied !== false &&
    copied.commit === commit &&
    !scratch.hasInfo("attributes") &&
    (await hasAllTrees(scratch, commit));
  const special = isOfHead
    ? nothingSpecial
    : await readSpecialPaths(scratch, job, { isBorn, hasIndex: copied !== false });
  if (copied !== false && ("kind" in special || special.hasAttributes)) {
    last.drop();
    return resetWorkTree(scratch, job);
  }
  if ("kind" in special) return special;
  const failure = await resetFiles(scratch, job, { ...special, isBorn, sparse });
  if (failure === undefined && mayUseLast && !special.hasAttributes)
    last.keep(scratch, { startedAt, commit: special.isPlain ? commit : undefined });
  return failure;
}

/** Not for a submodule, nor with a sparse checkout: the index would call a file unchanged that is left out. */
function isLastIndexOf({ isSubmodule }: CleanUp, sparse: readonly string[]): boolean {
  return !isSubmodule && sparse.length === 0;
}

/**
 * A partial clone has no content of the files that a sparse checkout leaves out, so they stay so; an edited one goes. Any
 * other work tree becomes whole. @returns the settings that make git do so.
 */
function leaveOut(scratch: ScratchRepository, { directories }: CleanUp): string[] {
  if (!scratch.format.isPartial) return [];
  scratch.copyInfo(directories.gitDirectory, "sparse-checkout");
  return listSparseSettings(directories);
}

/** False if a tree of the commit is lost: git trusts the index and would not notice. */
async function hasAllTrees(scratch: ScratchRepository, commit: string): Promise<boolean> {
  const onOutput = (): void => undefined;
  return (await scratch.run(["ls-tree", "-r", "-d", "--name-only", commit], { onOutput })).kind === "done";
}

/** Fills the index with HEAD's files, and reads which of them are special. */
async function readSpecialPaths(
  scratch: ScratchRepository,
  job: CleanUp,
  { isBorn, hasIndex }: { isBorn: boolean; hasIndex: boolean },
): Promise<SpecialPaths | Failure> {
  const read = await scratch.run(["read-tree", ...(hasIndex ? ["-m"] : []), isBorn ? "HEAD" : "--empty"]);
  return read.kind === "done" ? findSpecialPaths(scratch, job) : read;
}

async function resetFiles(
  scratch: ScratchRepository,
  job: CleanUp,
  { spared, settings, isBorn, sparse }: SpecialPaths & { isBorn: boolean; sparse: readonly string[] },
): Promise<Failure | Changed | undefined> {
  // With them git would write the spared files that a sparse checkout holds.
  const all = spared.length > 0 ? settings : [...settings, ...sparse];
  return (
    (await markSkipped(scratch, spared, "--skip-worktree")) ??
    (await removeUntracked(scratch, job)) ??
    (isBorn ? await rewriteChanged(scratch, job, all) : undefined) ??
    (await markSkipped(scratch, spared, "--no-skip-worktree"))
  );
}

interface SpecialPaths {
  /** Whether HEAD's files have neither attributes nor a record of the pool's among them. */
  readonly isPlain: boolean;
  /** Whether a file may be taken for its blob although the bytes differ: no stat data is believed then. */
  readonly hasAttributes: boolean;
  /** Tracked paths that a reset must not write, as bytes in latin1. */
  readonly spared: readonly string[];
  /** `-c` settings of the trusted filters that a reset runs. */
  readonly settings: readonly string[];
}

const nothingSpecial: SpecialPaths = { isPlain: true, hasAttributes: false, spared: [], settings: [] };

/** Most repositories have neither, and asking about each path costs more than the rest of a clean-up. */
async function findSpecialPaths(scratch: ScratchRepository, job: CleanUp): Promise<SpecialPaths | Failure> {
  const args = [
    "ls-files",
    "--cached",
    "-z",
    "--",
    `:(top,literal)${recordName}`,
    ":(top,glob)**/.gitattributes",
  ];
  const listed = await scratch.run(args);
  if (listed.kind !== "done") return listed;
  const names = listed.stdout.split("\0").filter((name) => name !== "");
  const records = job.holdsRecord ? names.filter((name) => name === recordName) : [];
  const hasAttributes = names.some((name) => name !== recordName) || scratch.hasInfo("attributes");
  const isPlain = names.length === 0;
  if (!hasAttributes) return { isPlain, hasAttributes, spared: records, settings: [] };
  const filtered = await findFilteredPaths(scratch);
  if ("kind" in filtered) return filtered;
  const spared = [...records, ...filtered.untouchable];
  return { isPlain, hasAttributes, spared, settings: filtered.settings };
}

/** Undefined if HEAD's branch has no commit yet. */
function readHeadCommit(gitDirectory: string): string | undefined {
  const head = readHead(uncachedReader, gitDirectory);
  if (head.kind === "detached") return head.commit;
  if (head.kind !== "branch") return undefined;
  const ref = resolveRef(uncachedReader, gitDirectory, head.ref, readPackedRefMap(gitDirectory));
  return ref.kind === "commit" ? ref.objectId : undefined;
}

/** Lists the untracked files first: only if there are any, it matters whether somebody has written meanwhile. */
async function removeUntracked(
  scratch: ScratchRepository,
  job: CleanUp,
): Promise<Failure | Changed | undefined> {
  const spare = job.holdsRecord ? ["--exclude", `/${recordName}`] : [];
  let listedBytes = 0;
  const onOutput = (chunk: Buffer): void => {
    listedBytes += chunk.length;
  };
  const listed = await scratch.run(["clean", "-ffdx", "--dry-run", ...spare], { onOutput });
  if (listed.kind !== "done") return listed;
  if (listedBytes === 0) return undefined;
  const changed = await lookAgain(job);
  if (changed !== undefined) return changed;
  const result = await scratch.run(["clean", "-ffdxq", ...spare]);
  return result.kind === "done" ? undefined : result;
}

async function lookAgain({ findLateChange }: CleanUp): Promise<Changed | undefined> {
  const detail = await findLateChange();
  return detail === undefined ? undefined : { kind: "changed", detail };
}

/** The refresh reads every file that the index has no stat data of. The reset then writes those that differ. */
async function rewriteChanged(
  scratch: ScratchRepository,
  job: CleanUp,
  settings: readonly string[],
): Promise<Failure | Changed | undefined> {
  // Without -q it fails if a file has changed; which ones it names, the reset sees for itself.
  const onOutput = (): void => undefined;
  const refreshed = await scratch.run(["update-index", "--really-refresh"], { settings, onOutput });
  if (refreshed.kind === "done") return undefined;
  if (refreshed.kind !== "failed") return refreshed;
  const changed = await lookAgain(job);
  if (changed !== undefined) return changed;
  // Without `--` git refuses it if a file is named HEAD.
  const args = ["reset", "--hard", "--quiet", "--no-recurse-submodules", "HEAD", "--"];
  const reset = await scratch.run(args, { settings });
  return reset.kind === "done" ? undefined : reset;
}

async function markSkipped(
  scratch: ScratchRepository,
  paths: readonly string[],
  flag: "--skip-worktree" | "--no-skip-worktree",
): Promise<Failure | undefined> {
  if (paths.length === 0) return undefined;
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  const result = await scratch.run(["update-index", flag, "-z", "--stdin"], { input });
  return result.kind === "done" ? undefined : result;
}
