import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeGitFailure, type GitCommand, type GitResult } from "../git/run/git-command.ts";
import { runGit } from "../git/run/run-git.ts";
import { readHead } from "../git/refs/head.ts";
import { readPackedRefs, resolveRef } from "../git/refs/refs.ts";
import { withCleanRoom } from "../inspection/deep/clean-room.ts";
import { asError } from "../platform/coded-error.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { CleanUp } from "./clean-up.ts";
import { fetchIntoSlot } from "./fetch-into-slot.ts";
import { findFilteredPaths } from "./filtered-paths.ts";
import { quarantineGitOperations } from "./quarantine-git-operations.ts";
import { prepareStaging } from "./staging.ts";
import { SlotRepositoryFiles } from "./slot-repository-files.ts";

/** `warnings`: what does not stop a slot from being used, such as a remote that cannot be reached. */
export type CleanUpResult =
  | { readonly kind: "cleaned"; readonly warnings: readonly string[] }
  | { readonly kind: "failed"; readonly detail: string };

/** slot.json is the pool's, whatever a repository tracks under that name. */
const recordName = "slot.json";

/**
 * Fetches, cleans and resets a slot: afterwards its work tree is what HEAD says, and the branch is the one it was.
 * Git runs with a git directory of ours and the slot as its work tree: nothing that the slot's own configuration names
 * is executed or believed, and no index of the slot can hide a change from the reset. Unsaved work is saved before.
 */
export async function cleanSlot(job: CleanUp): Promise<CleanUpResult> {
  try {
    const parent = prepareStaging(job.stateDir);
    return await withCleanRoom(job.directories, (room) => cleanThrough(room, job), { parent });
  } catch (error) {
    return { kind: "failed", detail: asError(error).message };
  }
}

async function cleanThrough(room: string, job: CleanUp): Promise<CleanUpResult> {
  const indexLock = join(job.directories.gitDirectory, "index.lock");
  if (readEntry(indexLock).kind !== "missing")
    return { kind: "failed", detail: `${indexLock} exists: a git command runs, or one left it behind` };
  const files = new SlotRepositoryFiles(job.directories, job.poolDirectory);
  const warnings =
    job.fetchUrl === undefined ? [] : await fetchIntoSlot({ room, url: job.fetchUrl, files, job });
  copyIfFile(join(job.directories.commonDirectory, "info", "attributes"), join(room, "info", "attributes"));
  rmSync(join(room, "index"), { force: true });
  const failure = await resetWorkTree(room, job);
  if (failure !== undefined) return { kind: "failed", detail: describeGitFailure(failure) };
  files.writeIndex(readFileSync(join(room, "index")));
  quarantineGitOperations(job);
  return { kind: "cleaned", warnings };
}

type Failure = Exclude<GitResult, { kind: "done" }>;
type Git = Omit<GitCommand, "args"> & { readonly gitDirectory: string };

/** The index starts empty, so that git believes no file to be unchanged that it has not read. */
async function resetWorkTree(room: string, job: CleanUp): Promise<Failure | undefined> {
  const git = {
    gitDirectory: room,
    workTree: job.slotPath,
    cwd: job.slotPath,
    settings: ["core.bare=false"],
    timeoutSeconds: job.timeoutSeconds,
  };
  const read = await runGit({ ...git, args: ["read-tree", hasCommit(room) ? "HEAD" : "--empty"] });
  if (read.kind !== "done") return read;
  const special = await findSpecialPaths(git, job);
  if ("kind" in special) return special;
  const withFilters = { ...git, settings: [...git.settings, ...special.settings] };
  return (
    (await markSkipped(git, special.spared, "--skip-worktree")) ??
    (await removeUntracked(git, job)) ??
    (await rewriteChanged(withFilters)) ??
    (await markSkipped(git, special.spared, "--no-skip-worktree"))
  );
}

interface SpecialPaths {
  /** Tracked paths that a reset must not write, as bytes in latin1. */
  readonly spared: readonly string[];
  /** `-c` settings of the trusted filters that a reset runs. */
  readonly settings: readonly string[];
}

/** Most repositories have neither, and asking about each path costs more than the rest of a clean-up. */
async function findSpecialPaths(git: Git, job: CleanUp): Promise<SpecialPaths | Failure> {
  const args = [
    "ls-files",
    "--cached",
    "-z",
    "--",
    `:(top,literal)${recordName}`,
    ":(top,glob)**/.gitattributes",
  ];
  const listed = await runGit({ ...git, args });
  if (listed.kind !== "done") return listed;
  const names = listed.stdout.split("\0").filter((name) => name !== "");
  const records = job.holdsRecord ? names.filter((name) => name === recordName) : [];
  const hasAttributes = names.some((name) => name !== recordName) || hasOwnAttributes(git.gitDirectory);
  if (!hasAttributes) return { spared: records, settings: [] };
  const filtered = await findFilteredPaths(git);
  if ("kind" in filtered) return filtered;
  return { spared: [...records, ...filtered.untouchable], settings: filtered.settings };
}

/** False where HEAD's branch has no commit yet. */
function hasCommit(room: string): boolean {
  const head = readHead(room);
  if (head.kind !== "branch") return head.kind === "detached";
  const packed = readPackedRefs(room);
  return resolveRef(room, head.ref, packed.kind === "valid" ? packed.refs : new Map()).kind === "commit";
}

function hasOwnAttributes(room: string): boolean {
  return readEntry(join(room, "info", "attributes")).kind === "file";
}

async function removeUntracked(git: Git, job: CleanUp): Promise<Failure | undefined> {
  const spare = job.holdsRecord ? ["--exclude", `/${recordName}`] : [];
  const result = await runGit({ ...git, args: ["clean", "-ffdxq", ...spare] });
  return result.kind === "done" ? undefined : result;
}

/** The refresh reads every file once; the reset then writes only those that differ. */
async function rewriteChanged(git: Git): Promise<Failure | undefined> {
  if (!hasCommit(git.gitDirectory)) return undefined;
  const refreshed = await runGit({ ...git, args: ["update-index", "-q", "--really-refresh"] });
  // It exits with 1 if a file has changed: then the reset writes it.
  if (refreshed.kind !== "done" && refreshed.kind !== "failed") return refreshed;
  const reset = await runGit({
    ...git,
    args: ["reset", "--hard", "--quiet", "--no-recurse-submodules", "HEAD"],
  });
  return reset.kind === "done" ? undefined : reset;
}

async function markSkipped(
  git: Git,
  paths: readonly string[],
  flag: "--skip-worktree" | "--no-skip-worktree",
): Promise<Failure | undefined> {
  if (paths.length === 0) return undefined;
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  const result = await runGit({ ...git, args: ["update-index", flag, "-z", "--stdin"], input });
  return result.kind === "done" ? undefined : result;
}

function copyIfFile(from: string, to: string): void {
  if (readEntry(from).kind !== "file") return;
  mkdirSync(join(to, ".."), { recursive: true });
  copyFileSync(from, to);
}
