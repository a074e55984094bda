import { spawnSync } from "node:child_process";

/**
 * Whether a git command is content, apart from the settings of the user who runs the tests, and of the owner of the files.
 * One that does not end is not: so does git in some damaged partial clones whose remote is away.
 */
export function isGitContent(cwd: string, ...args: string[]): boolean {
  return findRefusal(cwd, ...args) === undefined;
}

/** What it says then; undefined if it is content. */
export function findRefusal(cwd: string, ...args: string[]): string | undefined {
  const { status, stdout, stderr } = runAside(cwd, args);
  // What `git fsck` only notes is no part of a refusal.
  return status === 0 ? undefined : `${stdout}${stderr}`.replaceAll(/^notice: .*\n/gm, "");
}

/** True if the next clean-up of a repository forgets a work tree. */
export function wouldForgetWorkTree(repository: string): boolean {
  const { stdout, stderr } = runAside(repository, ["worktree", "prune", "-n", "-v", "--expire=now"]);
  return stdout.includes("Removing") || stderr.includes("Removing");
}

function runAside(cwd: string, args: readonly string[]) {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_CEILING_DIRECTORIES: cwd,
  };
  const trusted = ["-c", "safe.directory=*", ...args];
  return spawnSync("git", trusted, { cwd, env, encoding: "utf8", timeout: 15_000, maxBuffer: 64 << 20 });
}
