import { existsSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { findLeftByPrune } from "../../git/refs/dangling-refs.ts";
import { headPath, readHead } from "../../git/refs/head.ts";
import { isOwnRef, listLooseRefs } from "../../git/refs/refs.ts";
import { readRefFiles } from "../../git/refs/tips.ts";
import { describeGitFailure, type GitResult } from "../../git/run/git-command.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import {
  hasOwnWorkTree,
  listAdminDirectories,
  listCheckedOutBranches,
  type CheckedOutBranch,
} from "../../git/worktrees.ts";
import { asError } from "../../platform/coded-error.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Finding, FindingCode } from "../finding.ts";
import { ignoreOpinions } from "../../git/objects/fsck-opinions.ts";
import { withFsck, type RunFsck } from "../../git/objects/run-fsck.ts";
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
  /** False if nobody asks for the sizes of slots: to measure one, each of its files is looked at. */
  readonly measuresSizes?: boolean;
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
      options,
    );
  } catch (error) {
    return { kind: "unchecked", detail: asError(error).message };
  }
}

/** The deep check of a store, by the admin directories of the worktrees that share it. */
export interface SharedDeepCheck {
  /** Faults of the store itself, which concern every worktree. */
  readonly shared: DeepCheck;
  /** The same for the repository's own work tree, with the faults that concern that one alone. */
  readonly main: DeepCheck;
  readonly byWorktree: ReadonlyMap<string, DeepCheck>;
}

/**
 * Checks a store once for all worktrees that share it, then finds out whose fault a missing object is: what only one
 * worktree needs is that slot's fault, what the repository's own work tree alone needs is that one's, the rest is
 * everybody's.
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
          byWorktree.set(
            admin,
            await checkWorktree(scratch, { admin, commonDirectory, beyond, depth: options.depth }),
          );
        const taken = listCheckedOutBranches(uncachedReader, commonDirectory);
        const lossScopes = await findLossScopes(scratch, { store, byWorktree, taken, directories });
        const own = selectFaultsOfLinked(store, taken, directories);
        for (const admin of admins) addOwnFaults(byWorktree, admin, own);
        const told = own.filter(({ admin, isToldElsewhere }) => admins.includes(admin) || isToldElsewhere);
        const main = selectMainFaults(store, told, lossScopes);
        const shared = selectSharedFaults(main, directories, lossScopes);
        return { shared, main, byWorktree };
      },
      { worktrees: admins, ...options },
    );
  } catch (error) {
    const unchecked = { kind: "unchecked", detail: asError(error).message } as const;
    return { shared: unchecked, main: unchecked, byWorktree: new Map() };
  }
}

/** With one of these, a walk over all refs does not come to its end. */
const unsoundCodes: readonly FindingCode[] = ["object_missing", "ref_target_missing", "ref_invalid"];

interface OwnFault {
  readonly finding: Finding;
  readonly admin: string;
  /** It concerns no other work tree, or the probe of the slot that owns the branch reports it too. */
  readonly isToldElsewhere: boolean;
}

/** What fsck names in the admin directory of a linked worktree, or of the branch that it has checked out. */
function selectFaultsOfLinked(
  store: DeepCheck,
  taken: readonly CheckedOutBranch[],
  { commonDirectory }: GitDirectories,
): OwnFault[] {
  if (store.kind === "unchecked") return [];
  const { findings } = store;
  const admins = listAdminDirectories(uncachedReader, commonDirectory);
  return findings.flatMap((finding) => {
    const { path } = finding;
    const branch = taken.find(({ ref }) => join(commonDirectory, ref) === path);
    const admin = branch?.admin ?? admins.find((directory) => isInside(directory, path));
    if (admin === undefined) return [];
    const isRefBroken = findings.some((other) => other.path === path && other.code !== "object_missing");
    return [{ finding, admin, isToldElsewhere: branch === undefined || isRefBroken }];
  });
}

/** What single worktrees are told of, or miss alone, is no fault of the repository. */
function selectMainFaults(
  store: DeepCheck,
  told: readonly OwnFault[],
  lossScopes: readonly LossScope[],
): DeepCheck {
  return selectFindings(
    store,
    (finding) =>
      !told.some((own) => own.finding === finding) &&
      (finding.code !== "object_missing" || lossScopes.length > 0),
  );
}

/** Linked worktrees see neither HEAD nor own refs of the repository's own work tree. */
function selectSharedFaults(
  main: DeepCheck,
  { commonDirectory }: GitDirectories,
  lossScopes: readonly LossScope[],
): DeepCheck {
  const isOfMainAlone = (path: string): boolean =>
    hasOwnWorkTree(commonDirectory) &&
    (path === headPath(commonDirectory) || isOwnRef(relative(commonDirectory, path)));
  const shared = selectFindings(
    main,
    ({ code, path }) =>
      !isOfMainAlone(path) && (code !== "object_missing" || lossScopes.includes("repository")),
  );
  if (shared.kind === "unchecked") return shared;
  return { ...shared, findings: shared.findings.map((finding) => ({ ...finding, isShared: true })) };
}

function selectFindings(check: DeepCheck, isSelected: (finding: Finding) => boolean): DeepCheck {
  return check.kind === "unchecked" ? check : { ...check, findings: check.findings.filter(isSelected) };
}

/** Who lacks an object beside single worktrees: everybody who uses the repository, or its own work tree alone. */
type LossScope = "repository" | "own_work_tree";

/**
 * Whose objects are those that fsck misses. Empty if single worktrees alone need them. What the HEADs of all worktrees lack
 * counts as the repository's, because one cause is likely, and so does what none of them lacks.
 */
async function findLossScopes(
  scratch: ScratchRepository,
  { store, byWorktree, taken, directories: { commonDirectory } }: LossFacts,
): Promise<readonly LossScope[]> {
  if (store.kind === "unchecked" || !store.findings.some(({ code }) => code === "object_missing")) return [];
  const faults = [...byWorktree].map(([admin, check]) =>
    check.kind === "checked" ? check.findings.map(({ path }) => path === admin) : [],
  );
  const isOfAll = faults.length > 1 && faults.every((areBesideHead) => areBesideHead.includes(false));
  const ofMain =
    hasOwnWorkTree(commonDirectory) &&
    (await scratch.run([...walk, "--indexed-objects", "--stdin"])).kind !== "done";
  if (isOfAll || (!ofMain && faults.every(({ length }) => length === 0))) return ["repository"];
  const withoutTaken = taken.map(({ ref }) => `--exclude=${ref}`);
  const others = await scratch.run([...walk, ...withoutTaken, "--glob=refs/*"]);
  return [
    ...(others.kind === "done" ? [] : ["repository" as const]),
    ...(ofMain ? ["own_work_tree" as const] : []),
  ];
}

interface LossFacts {
  readonly store: DeepCheck;
  readonly byWorktree: ReadonlyMap<string, DeepCheck>;
  readonly taken: readonly CheckedOutBranch[];
  readonly directories: GitDirectories;
}

/** Adds what fsck names of one worktree alone. */
function addOwnFaults(byWorktree: Map<string, DeepCheck>, admin: string, faults: readonly OwnFault[]): void {
  const check = byWorktree.get(admin);
  if (check?.kind !== "checked") return;
  const own = faults.filter((fault) => fault.admin === admin).map(({ finding }) => finding);
  byWorktree.set(admin, { kind: "checked", findings: [...check.findings, ...own] });
}

/** A walk to every object. Without the first option git also reads HEAD and index of each other worktree. */
const walk = ["rev-list", "--single-worktree", "--objects", "--quiet"];

interface WorktreeCheck {
  readonly admin: string;
  readonly commonDirectory: string;
  /** Leaves out what was checked with the store. */
  readonly beyond: readonly string[];
  readonly depth: DeepDepth;
}

/** Whether everything that the HEAD, the index and the own refs of one worktree need is there. */
async function checkWorktree(
  scratch: ScratchRepository,
  { admin, commonDirectory, beyond, depth }: WorktreeCheck,
): Promise<DeepCheck> {
  const gitDirectory = scratch.worktree(admin);
  if (!existsSync(headPath(gitDirectory)))
    return { kind: "unchecked", detail: `${admin} has no HEAD: it may have been removed meanwhile` };
  const own = [...readRefFiles(admin).loose].filter(([name]) => isOwnRef(name));
  const input = [...own.map(([, objectId]) => objectId), ""].join("\n");
  const args = [...walk, "--indexed-objects", "HEAD", ...beyond, "--stdin"];
  const result = await scratch.run(args, { gitDirectory, input });
  if (result.kind === "done") return { kind: "checked", findings: [] };
  if (result.kind !== "failed" || couldNotRead(result))
    return { kind: "unchecked", detail: describeGitFailure(result) };
  const found = describeGitFailure(result).replaceAll(gitDirectory, admin);
  // A branch without a commit yet has nothing that could be missing.
  if (/ambiguous argument 'HEAD'|bad revision 'HEAD'/.test(result.stderr))
    return { kind: "checked", findings: [] };
  const isHeadWhole = (await scratch.run([...walk, "HEAD", ...beyond], { gitDirectory })).kind === "done";
  const place = isHeadWhole
    ? { path: admin, expected: "every object of its index and its own refs" }
    : { path: placeOfHead(gitDirectory, { admin, commonDirectory }), expected: "every object of HEAD" };
  return { kind: "checked", findings: [{ code: "object_missing", ...place, found, depth }] };
}

/** The file that names the commit of HEAD. */
function placeOfHead(
  copy: string,
  { admin, commonDirectory }: Pick<WorktreeCheck, "admin" | "commonDirectory">,
): string {
  const head = readHead(uncachedReader, copy);
  return head.kind === "branch" ? join(commonDirectory, head.ref) : headPath(admin);
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
  const result = await withFsck(scratch, (fsck) => runWithoutOpinions(fsck, mode));
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
async function runWithoutOpinions(fsck: RunFsck, mode: string): Promise<GitResult> {
  const settings = new Set<string>();
  let result = await fsck([mode]);
  for (let round = 1; round < mostRounds && result.kind === "failed"; round++) {
    const opinions = ignoreOpinions(result.stderr).filter((setting) => !settings.has(setting));
    if (opinions.length === 0) break;
    for (const setting of opinions) settings.add(setting);
    result = await fsck([mode], [...settings]);
  }
  return result;
}
