import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listHiddenTrees, listOwnAdmins } from "../../git/index/other-indexes.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { listOperations } from "../../git/operations.ts";
import { readHead } from "../../git/refs/head.ts";
import type { GitResult } from "../../git/run/git-command.ts";
import { tellsUnread } from "../../git/run/git-warnings.ts";
import { withScratchCopy } from "../../git/scratch/scratch-repository.ts";
import { searchWorkTree } from "../../git/search-work-tree.ts";
import { locateSubmoduleRepository } from "../../git/submodule-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { UnsavedWorkKind } from "../finding.ts";
import { listSubmoduleRepositories } from "../probe/submodules.ts";
import { readIndexMarks } from "./index-marks.ts";
import { readOtherStaged, readStaged } from "./staged-elsewhere.ts";
import { readCommits } from "./unsaved-commits.ts";
import { readFiles } from "./unsaved-files.ts";
import type { Scope, UnsavedWorkOptions, WorkTree } from "./unsaved-work-scope.ts";

/** Submodules inside submodules are looked into down to this depth; what is below counts as unknown. */
const deepestSubmodule = 4;
/** With sparse checkout on, git believes of an absent path alone that it was left out, not of an edited one. */
const statusSettings = ["core.sparseCheckout=true", "diff.ignoreSubmodules=all"];

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

type Reader = (scope: Scope) => Promise<Iterable<UnsavedWorkKind>>;

async function readWorkOf(
  place: WorkTree,
  options: UnsavedWorkOptions,
  readers: readonly Reader[] = [readFiles, readCommits, readOtherStaged, readSubmodules, readHiddenTrees],
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
        const gitDirectory = scratch.gitDirectoryOf(directories);
        const within = { gitDirectory, settings: statusSettings };
        const git: Scope["git"] = async (args, input = "") =>
          withoutUnread(await scratch.run(args, { ...within, input }));
        const list: Scope["list"] = async (args, onOutput, { input = "", settings = [] } = {}) => {
          const all = [...statusSettings, ...settings];
          const result = await scratch.run(args, { gitDirectory, settings: all, input, onOutput });
          return withoutUnread(result).kind === "done";
        };
        const scope = {
          ...place,
          scratch,
          git,
          list,
          options,
          index: await readIndexMarks(list, workTree),
        };
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
  if (kind === "missing") return [];
  const isCheckedOut = uncachedReader.readEntry(join(path, ".git")).kind !== "missing";
  if (kind === "directory" && !isCheckedOut) return readWithoutRepository(path);
  const gitDirectory = locateSubmoduleRepository(uncachedReader, path, superproject.gitDirectory);
  if (kind !== "directory" || gitDirectory === undefined || depth > deepestSubmodule) return ["unknown"];
  submodules.add(gitDirectory);
  const directories = { gitDirectory, commonDirectory: gitDirectory };
  const head = readHead(uncachedReader, gitDirectory);
  const moved: UnsavedWorkKind[] = head.kind === "detached" && head.commit === commit ? [] : ["uncommitted"];
  const place = { directories, workTree: path, root, repositories, submodules, depth };
  return [...moved, ...(await readWorkOf(place, options))];
}

/** Files that somebody wrote where a submodule is not checked out: git takes no notice of them. */
function readWithoutRepository(folder: string): UnsavedWorkKind[] {
  const reading = uncachedReader.readDirectory(folder);
  if (reading.kind === "missing") return [];
  if (reading.kind !== "entries") return ["unknown"];
  if (reading.entries.some((entry) => !entry.isDirectory())) return ["untracked"];
  const kinds = reading.entries.flatMap(({ name }) => readWithoutRepository(join(folder, name)));
  return [...new Set(kinds)];
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

/** The files of work trees inside the git directory; what they have beside files is read with the repository. */
async function readHiddenTrees(scope: Scope): Promise<UnsavedWorkKind[]> {
  const { directories, root, submodules, depth, options } = scope;
  const kinds: UnsavedWorkKind[] = [];
  for (const { workTree, admin } of listHiddenTrees(directories, scope.workTree)) {
    const { specialRuleFiles, repositories } = await searchWorkTree(workTree);
    if (specialRuleFiles.length > 0) return ["unknown"];
    const own = { gitDirectory: admin, commonDirectory: directories.commonDirectory };
    const place = { directories: own, workTree, root, repositories, submodules, depth: depth + 1 };
    kinds.push(...(await readWorkOf(place, options, [readFiles])));
  }
  return kinds;
}
