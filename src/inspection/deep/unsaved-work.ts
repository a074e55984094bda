import { join } from "node:path";
import { losslessFilter, readTrustedFilters } from "../../git/config/trusted-filters.ts";
import type { GitResult } from "../../git/run/git-command.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listOwnAdmins } from "../../git/index/other-indexes.ts";
import { listOperations } from "../../git/operations.ts";
import { indexPath, submoduleMode } from "../../git/index/staged-entries.ts";
import { readHead } from "../../git/refs/head.ts";
import { readPackedRefs } from "../../git/refs/packed-refs.ts";
import { tellsUnread } from "../../git/run/git-warnings.ts";
import { byAttribute, byEntry } from "../../git/run/split-output.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { locateSubmoduleRepository } from "../../git/submodule-repository.ts";
import { searchWorkTree } from "../../git/search-work-tree.ts";
import type { UnsavedWorkKind } from "../finding.ts";
import type { Disregard } from "./disregarded-files.ts";
import { listDroppedStashes } from "./dropped-stashes.ts";
import { selectCloneTips, selectWorktreeTips, type OwnTips } from "./own-tips.ts";
import { readOtherStaged, readStaged } from "./staged-elsewhere.ts";
import { listSubmoduleRepositories } from "../probe/submodules.ts";
import { decodeLatin1 } from "../../platform/byte-text.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Submodules inside submodules are looked into down to this depth; what is below counts as unknown. */
const deepestSubmodule = 4;
/** With sparse checkout on, git believes of an absent path alone that it was left out, not of an edited one. */
const statusSettings = ["core.sparseCheckout=true", "diff.ignoreSubmodules=all"];

export interface UnsavedWorkOptions {
  /** The pool's slot.json stands among the files of the work tree: it is nobody's work. */
  readonly holdsRecord: boolean;
  /** Tells which files are nobody's work. */
  readonly disregard?: Disregard | undefined;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Git LFS may run as our own system or user configuration defines it, over files that may have changed. What only its own
   * store holds is then not looked for: a clean-up leaves that in its place.
   */
  readonly runsLfs?: boolean;
  /** Stop at the first kind: in a large repository, finding all kinds costs more than everything else. */
  readonly endsAtFirst?: boolean;
}

/**
 * Which work exists in this slot alone. Whatever cannot be read counts as `unknown`, and unknown counts as unsaved.
 * Git runs with our git directory and the slot as its work tree, so that no filter of the slot runs, and does not look
 * into submodules by itself: there it would read their configuration.
 */
export async function readUnsavedWork(
  directories: GitDirectories,
  slotPath: string,
  options: UnsavedWorkOptions,
): Promise<UnsavedWorkKind[]> {
  const { specialRuleFiles, repositories } = await searchWorkTree(slotPath);
  if (specialRuleFiles.length > 0) return ["unknown"];
  const submodules = new Set<string>();
  const place = { directories, workTree: slotPath, root: slotPath, repositories, submodules, depth: 0 };
  const kinds = await readWorkOf(place, options);
  return [...kinds].sort();
}

interface WorkTree {
  readonly directories: GitDirectories;
  readonly workTree: string;
  /** The slot. */
  readonly root: string;
  /** Where the slot holds a repository. */
  readonly repositories: readonly string[];
  /** Git directories of the submodules that were looked into with their files. */
  readonly submodules: Set<string>;
  readonly depth: number;
}

type Reader = (scope: Scope) => Promise<Iterable<UnsavedWorkKind>>;

async function readWorkOf(
  place: WorkTree,
  options: UnsavedWorkOptions,
  readers: readonly Reader[] = [readFiles, readCommits, readOtherStaged, readSubmodules],
): Promise<Set<UnsavedWorkKind>> {
  const { directories, workTree } = place;
  const isWorktree = directories.gitDirectory !== directories.commonDirectory;
  const kinds = new Set<UnsavedWorkKind>();
  const admins = listOwnAdmins(directories, workTree);
  try {
    await withScratchCopy(
      directories,
      async (scratch) => {
        scratch.copyInfo(directories.commonDirectory, "attributes");
        const gitDirectory = isWorktree ? scratch.worktree(directories.gitDirectory) : scratch.directory;
        const within = { gitDirectory, settings: statusSettings };
        const git: Scope["git"] = async (args, input = "") =>
          withoutUnread(await scratch.run(args, { ...within, input }));
        const list: Scope["list"] = async (args, onOutput, { input = "", settings = [] } = {}) => {
          const all = [...statusSettings, ...settings];
          const result = await scratch.run(args, { gitDirectory, settings: all, input, onOutput });
          return withoutUnread(result).kind === "done";
        };
        const scope = { ...place, scratch, git, list, options, index: await readIndex(list, workTree) };
        for (const read of readers) {
          for (const kind of await read(scope)) kinds.add(kind);
          if (options.endsAtFirst === true && kinds.size > 0) return;
        }
      },
      { ...options, workTree, worktrees: isWorktree ? [directories.gitDirectory, ...admins] : admins },
    );
  } catch {
    // Without a copy nothing can be read.
    kinds.add("unknown");
  }
  if ([directories.gitDirectory, ...admins].some((admin) => listOperations(admin).length > 0))
    kinds.add("in_progress");
  return kinds;
}

/** Git that warns of something it could not read ends with 0 all the same. */
function withoutUnread(result: GitResult): GitResult {
  return result.kind === "done" && tellsUnread(result.stderr)
    ? { ...result, kind: "failed", exitCode: 0 }
    : result;
}

interface Scope extends WorkTree {
  readonly scratch: ScratchRepository;
  readonly git: (args: readonly string[], input?: string | Buffer) => Promise<GitResult>;
  /** For output that grows with the number of files. False if git failed: what came before is then not all. */
  readonly list: (
    args: readonly string[],
    onOutput: (chunk: Buffer) => void,
    how?: { readonly input?: string | Buffer; readonly settings?: readonly string[] },
  ) => Promise<boolean>;
  readonly options: UnsavedWorkOptions;
  readonly index: IndexContent;
}

/** The flags of an index, by one listing, because a large index takes time. */
interface IndexContent {
  /** False if git did not list all of it. */
  readonly isWhole: boolean;
  /** Paths whose edits `update-index --assume-unchanged` hides, as bytes in latin1. */
  readonly assumedUnchanged: readonly string[];
  readonly hasAttributes: boolean;
  readonly submodules: readonly { readonly commit: string; readonly path: string }[];
}

async function readIndex(list: Scope["list"], workTree: string): Promise<IndexContent> {
  const assumedUnchanged: string[] = [];
  const submodules: { commit: string; path: string }[] = [];
  let hasAttributes = false;
  const readEntry = byEntry((entry) => {
    const isAssumed = /^[a-z]/.test(entry);
    const isSubmodule = entry.startsWith(submoduleMode, 2);
    const mayBeAttributes = entry.endsWith(attributesName);
    if (!isAssumed && !isSubmodule && !mayBeAttributes) return;
    const [, commit = "", path = ""] = /^\S \d+ ([0-9a-f]+) \d\t(.+)$/s.exec(entry) ?? [];
    if (isAssumed) assumedUnchanged.push(path);
    if (isSubmodule) submodules.push({ commit, path: join(workTree, decodeLatin1(path)) });
    hasAttributes ||= path === attributesName || path.endsWith(`/${attributesName}`);
  });
  const isWhole = await list(["ls-files", "-v", "--stage", "-z"], readEntry);
  return { isWhole, assumedUnchanged, hasAttributes, submodules };
}

const attributesName = ".gitattributes";

async function readFiles(scope: Scope): Promise<Iterable<UnsavedWorkKind>> {
  const isRevealed = await revealAssumedUnchanged(scope);
  const seen = await readStatus(scope);
  if (seen === undefined) return ["unknown"];
  const { endsAtFirst = false, runsLfs = false } = scope.options;
  // Only what git calls changed may be as it was committed, once the filter has run.
  if (endsAtFirst && (seen.has("untracked") || (seen.size > 0 && !runsLfs))) return seen;
  const filters = seen.has("untracked") || hasAttributes(scope) ? await readFilters(scope) : [];
  const kinds = filters?.length === 0 ? seen : await readFiltered(scope, filters);
  if (kinds === undefined) return [...seen, "unknown"];
  return isRevealed ? kinds : [...kinds, "unknown"];
}

/** Undefined if git did not list all of it. */
async function readStatus(
  scope: Scope,
  settings: readonly string[] = [],
): Promise<Set<UnsavedWorkKind> | undefined> {
  const kinds = new Set<UnsavedWorkKind>();
  const readEntryOfStatus = byEntry((entry) => {
    if (entry.length > 3 && !isRecordAlone(entry, scope) && !isDisregarded(entry, scope))
      kinds.add(/^(?:\?\?|!!)/.test(entry) ? "untracked" : "uncommitted");
  });
  const args = [
    ...["status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignored=matching"],
    ...["--ignore-submodules=all", "--no-renames"],
  ];
  return (await scope.list(args, readEntryOfStatus, { settings })) ? kinds : undefined;
}

/**
 * What a filter makes of a file is not known without running it: such a file can be called neither changed nor not. Only one
 * that is trusted and hides nothing is run. Undefined if another is needed.
 */
async function readFiltered(
  scope: Scope,
  filters: readonly string[] | undefined,
): Promise<Set<UnsavedWorkKind> | undefined> {
  const { runsLfs = false, timeoutSeconds } = scope.options;
  if (!runsLfs || filters?.every((name) => name === losslessFilter) !== true) return undefined;
  const settings = (await readTrustedFilters(timeoutSeconds)).get(losslessFilter);
  return settings === undefined ? undefined : readStatus(scope, settings);
}

/**
 * Whether attributes are tracked or the repository's own; untracked ones are untracked files. Most repositories have none,
 * and to ask for those of each path costs as much as a status. True if it cannot be told.
 */
function hasAttributes({ index, scratch }: Scope): boolean {
  return scratch.hasInfo("attributes") || !index.isWhole || index.hasAttributes;
}

/** Whatever the file of that name holds is the pool's; what an agent staged under that name is the agent's. */
function isRecordAlone(entry: string, { depth, options }: Scope): boolean {
  const isStaged = !/^[ ?!]/.test(entry);
  return options.holdsRecord && depth === 0 && entry.slice(3) === "slot.json" && !isStaged;
}

function isDisregarded(entry: string, { workTree, repositories, options }: Scope): boolean {
  return options.disregard?.(workTree, entry, repositories) === true;
}

/**
 * An edit that `update-index --assume-unchanged` hides is an edit: our copy of the index forgets the mark.
 * @returns false if it stays hidden.
 */
async function revealAssumedUnchanged({ git, index }: Scope): Promise<boolean> {
  if (!index.isWhole) return false;
  if (index.assumedUnchanged.length === 0) return true;
  const args = ["update-index", "--no-assume-unchanged", "-z", "--stdin"];
  const input = index.assumedUnchanged.map((path) => `${path}\0`).join("");
  return (await git(args, Buffer.from(input, "latin1"))).kind === "done";
}

/** What git says of the attribute if a path has no filter. */
const noFilters: readonly string[] = ["unspecified", "unset", "set"];

/** The filters that attributes name for tracked files. Undefined if git cannot tell. */
async function readFilters({ list }: Scope): Promise<readonly string[] | undefined> {
  const paths: Buffer[] = [];
  if (!(await list(["ls-files", "-z"], (chunk) => paths.push(chunk)))) return undefined;
  const filters = new Set<string>();
  const readValue = byAttribute((value) => {
    if (!noFilters.includes(value)) filters.add(value);
  });
  const args = ["check-attr", "-z", "--stdin", "filter"];
  return (await list(args, readValue, { input: Buffer.concat(paths) })) ? [...filters] : undefined;
}

async function readCommits(scope: Scope): Promise<UnsavedWorkKind[]> {
  const { directories, git } = scope;
  const isWorktree = directories.gitDirectory !== directories.commonDirectory;
  const head = readHead(uncachedReader, directories.gitDirectory);
  const branch = head.kind === "branch" ? head.ref : undefined;
  const tips = isWorktree ? await selectWorktreeTips(scope, branch) : await selectCloneTips(scope);
  if (tips.kind === "unknown") return ["unknown"];
  const kinds = tips.kind === "none" ? [] : await readUnpushed(git, tips);
  return [...kinds, ...(await readStashes(scope, isWorktree, branch))];
}

async function readUnpushed(
  git: Scope["git"],
  { args, input }: Extract<OwnTips, { kind: "known" }>,
): Promise<UnsavedWorkKind[]> {
  const unpushed = await git(["rev-list", "--max-count=1", ...args], input);
  if (unpushed.kind !== "done") return ["unknown"];
  return unpushed.stdout.trim() === "" ? [] : ["unpushed"];
}

async function readStashes(
  { directories, git, scratch }: Scope,
  isWorktree: boolean,
  branch: string | undefined,
): Promise<UnsavedWorkKind[]> {
  const dropped = await listDroppedStashes(directories.commonDirectory, scratch);
  if (dropped.length > 0 && (!isWorktree || stashesOf(dropped, branch))) return ["stash"];
  if (isRefMissing(scratch.directory, "refs/stash")) return [];
  const hasStash = await git(["rev-parse", "--verify", "--quiet", "refs/stash"]);
  if (hasStash.kind === "done") {
    const stash = await git(["log", "-g", "--format=%gs", "refs/stash", "--"]);
    const isOwn = !isWorktree || stash.kind !== "done" || stashesOf(stash.stdout.split("\n"), branch);
    return isOwn ? ["stash"] : [];
  }
  const isUnread = uncachedReader.readEntry(join(scratch.directory, "refs", "stash")).kind !== "missing";
  return isUnread ? ["unknown"] : [];
}

/** As the files say; false if that cannot be told. */
function isRefMissing(gitDirectory: string, name: string): boolean {
  if (uncachedReader.readEntry(join(gitDirectory, name)).kind !== "missing") return false;
  const packed = readPackedRefs(uncachedReader, gitDirectory);
  return packed.kind === "valid" && !packed.refs.has(name);
}

/** Worktrees share one stash; git notes the branch that each entry was made on. */
function stashesOf(subjects: readonly string[], branch: string | undefined): boolean {
  const name = branch?.replace(/^refs\/heads\//, "") ?? "(no branch)";
  const lines = subjects.filter((line) => line !== "");
  return (
    lines.length === 0 ||
    lines.some((line) => {
      const noted = /^(?:WIP on|On) ([^:]+): /.exec(line)?.[1];
      return noted === undefined || noted === name;
    })
  );
}

/**
 * Each submodule that has files is looked into like a slot, with a scratch copy of its own; of one that has none any more,
 * its repository.
 */
async function readSubmodules(scope: Scope): Promise<UnsavedWorkKind[]> {
  const { index, directories, root, submodules, depth, options } = scope;
  if (!index.isWhole) return ["unknown"];
  const kinds: UnsavedWorkKind[] = [];
  for (const link of index.submodules)
    kinds.push(...(await readSubmodule({ ...scope, ...link, depth: depth + 1 }, options)));
  if (depth > 0) return kinds;
  for (const gitDirectory of listSubmoduleRepositories(uncachedReader, directories.gitDirectory, root))
    if (!submodules.has(gitDirectory)) kinds.push(...(await readWithoutFiles(gitDirectory, scope)));
  return kinds;
}

async function readSubmodule(
  submodule: Omit<WorkTree, "workTree"> & { path: string; commit: string },
  options: UnsavedWorkOptions,
): Promise<UnsavedWorkKind[]> {
  const { path, commit, directories: superproject, root, repositories, submodules, depth } = submodule;
  const kind = uncachedReader.readEntry(path).kind;
  const isEmpty = kind === "directory" && uncachedReader.readEntry(join(path, ".git")).kind === "missing";
  if (kind === "missing" || isEmpty) return [];
  const gitDirectory = locateSubmoduleRepository(uncachedReader, path, superproject.gitDirectory);
  if (kind !== "directory" || gitDirectory === undefined || depth > deepestSubmodule) return ["unknown"];
  submodules.add(gitDirectory);
  const directories = { gitDirectory, commonDirectory: gitDirectory };
  const head = readHead(uncachedReader, gitDirectory);
  const moved: UnsavedWorkKind[] = head.kind === "detached" && head.commit === commit ? [] : ["uncommitted"];
  const place = { directories, workTree: path, root, repositories, submodules, depth };
  return [...moved, ...(await readWorkOf(place, options))];
}

/** What is committed and staged in the repository of a submodule that was removed, or left by a change of branch. */
async function readWithoutFiles(
  gitDirectory: string,
  { root, repositories, submodules, depth, options }: Scope,
): Promise<Iterable<UnsavedWorkKind>> {
  const directories = { gitDirectory, commonDirectory: gitDirectory };
  const place = { directories, workTree: gitDirectory, root, repositories, submodules, depth: depth + 1 };
  const readOwnStaged: Reader = async (scope) => {
    const own = { path: indexPath(gitDirectory), gitDirectory };
    if (uncachedReader.readEntry(own.path).kind === "missing") return [];
    const kind = await readStaged(own, scope);
    return kind === undefined ? [] : [kind];
  };
  return readWorkOf(place, options, [readCommits, readOwnStaged, readOtherStaged]);
}
