import { describeGitFailure, runGit } from "../git/git-command.ts";
import type { GitDirectories } from "../git/git-directory.ts";
import { asError } from "../platform/coded-error.ts";
import { roomOfWorktree, withCleanRoom } from "./clean-room.ts";
import type { Finding } from "./finding.ts";

export type DeepCheck =
  | { readonly kind: "checked"; readonly findings: readonly Finding[] }
  | { readonly kind: "unchecked"; readonly detail: string };

/** fsck's exit code is a bit mask. Source: git-fsck(1) and its source, measured. */
const fsckBits = [
  [1, "object_corrupt"],
  [2, "object_missing"],
  [4, "pack_corrupt"],
  [8, "ref_invalid"],
  [16, "commit_graph_corrupt"],
  [32, "multi_pack_index_corrupt"],
] as const;

/** How deep git looks. */
export type DeepDepth = "connectivity" | "full";

export interface DeepCheckOptions {
  readonly depth: DeepDepth;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `git fsck` on a copy of the refs in a directory of ours that borrows the slot's objects: even fsck executes
 * what the slot's own configuration names (measured), so that configuration is never read by git.
 */
export async function checkDeep(directories: GitDirectories, options: DeepCheckOptions): Promise<DeepCheck> {
  try {
    return await withCleanRoom(directories, (room) => runFsck(room, directories, options));
  } catch (error) {
    return { kind: "unchecked", detail: asError(error).message };
  }
}

/** The deep check of a store, by the admin directories of the worktrees that share it. */
export interface SharedDeepCheck {
  /** What is wrong whoever asks. */
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
    return await withCleanRoom(
      directories,
      async (room) => {
        const store = await runFsck(room, directories, options);
        const byWorktree = new Map<string, DeepCheck>();
        const isSound =
          store.kind === "checked" && store.findings.every(({ code }) => code !== "object_missing");
        // Where every ref is whole, only what is beyond the refs is left to look at.
        const beyond = isSound ? ["--not", "--all"] : [];
        for (const admin of admins)
          byWorktree.set(admin, await checkWorktree({ room, admin, beyond }, options));
        return { shared: withoutWorktreeFaults(store, [...byWorktree.values()]), byWorktree };
      },
      { worktrees: admins },
    );
  } catch (error) {
    return { shared: { kind: "unchecked", detail: asError(error).message }, byWorktree: new Map() };
  }
}

/** A missing object is the repository's fault unless it is one that some, not all, worktrees need. */
function withoutWorktreeFaults(store: DeepCheck, worktrees: readonly DeepCheck[]): DeepCheck {
  if (store.kind === "unchecked") return store;
  const faulty = worktrees.filter((check) => check.kind === "checked" && check.findings.length > 0);
  const isOfSome = faulty.length > 0 && faulty.length < Math.max(worktrees.length, 2);
  const findings = store.findings
    .filter(({ code }) => !(isOfSome && code === "object_missing"))
    .map((finding) => ({ ...finding, isShared: true }));
  return { kind: "checked", findings };
}

/** Whether everything that one worktree's HEAD and index need is there. */
async function checkWorktree(
  { room, admin, beyond }: { room: string; admin: string; beyond: readonly string[] },
  options: DeepCheckOptions,
): Promise<DeepCheck> {
  const gitDirectory = roomOfWorktree(room, admin);
  const args = ["rev-list", "--objects", "--quiet", "--indexed-objects", "HEAD", ...beyond];
  const result = await runGit({ args, gitDirectory, ...limitsOf(options) });
  if (result.kind === "done") return { kind: "checked", findings: [] };
  if (result.kind !== "failed") return { kind: "unchecked", detail: describeGitFailure(result) };
  const found = describeGitFailure(result).replaceAll(gitDirectory, admin);
  // A branch without a commit yet has nothing that could be missing.
  if (/ambiguous argument 'HEAD'|bad revision 'HEAD'/.test(result.stderr))
    return { kind: "checked", findings: [] };
  const expected = "every object of HEAD and index";
  const finding = { code: "object_missing", path: admin, expected, found, depth: options.depth };
  return { kind: "checked", findings: [finding] };
}

async function runFsck(
  room: string,
  directories: GitDirectories,
  options: DeepCheckOptions,
): Promise<DeepCheck> {
  const mode = options.depth === "full" ? "--full" : "--connectivity-only";
  const args = ["fsck", mode, "--no-progress", "--no-dangling"];
  const result = await runGit({ args, gitDirectory: room, ...limitsOf(options) });
  if (result.kind === "done") return { kind: "checked", findings: [] };
  if (result.kind !== "failed" || result.exitCode >= 64 || result.exitCode < 0) {
    return { kind: "unchecked", detail: describeGitFailure(result) };
  }
  const found = describeGitFailure(result).replaceAll(room, directories.gitDirectory);
  const findings = fsckBits
    .filter(([bit]) => (result.exitCode & bit) !== 0)
    .map(([, code]) => ({
      code,
      path: directories.commonDirectory,
      expected: "git fsck without errors",
      found,
      depth: options.depth,
    }));
  return { kind: "checked", findings };
}

function limitsOf({ timeoutSeconds, signal }: DeepCheckOptions) {
  return { timeoutSeconds, ...(signal === undefined ? {} : { signal }) };
}
