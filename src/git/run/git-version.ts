import { spawnSync } from "node:child_process";
import { CodedError } from "../../platform/coded-error.ts";

/** Its numbers, the most significant first. */
export type GitVersion = readonly number[];

/** The first version that keeps GIT_NO_LAZY_FETCH for every command, and refuses what hostile repositories name. */
const oldestGitVersion: GitVersion = [2, 39, 4];

const timeoutMilliseconds = 10_000;
/** Git may be replaced while a server runs. */
const believedForMilliseconds = 3_600_000;

let known: { readonly version: GitVersion; readonly askedAt: number } | undefined;

/**
 * The version of the git that this program starts; undefined if there is none. It waits for git, some milliseconds once an
 * hour: only what depends on the version asks.
 */
export function readHostGitVersion(): GitVersion | undefined {
  const now = performance.now();
  if (known !== undefined && now - known.askedAt <= believedForMilliseconds) return known.version;
  const env = { PATH: trustedPath, LC_ALL: "C" };
  const { stdout } = spawnSync("git", ["version"], { env, encoding: "utf8", timeout: timeoutMilliseconds });
  const version = parseGitVersion(stdout);
  // One that is installed later is found at once.
  known = version === undefined ? undefined : { version, askedAt: now };
  return version;
}

/** @throws CodedError `GIT_UNAVAILABLE` or `GIT_TOO_OLD`: nothing is recovered without a git that is safe to run. */
export function requireGit(version = readHostGitVersion()): void {
  if (version === undefined)
    throw new CodedError(
      "GIT_UNAVAILABLE",
      `\`git version\` answers nothing; git is looked for in ${trustedPath}`,
    );
  if (isAtLeast(version, oldestGitVersion)) return;
  const found = `found git ${version.join(".")}`;
  throw new CodedError("GIT_TOO_OLD", `${found}: install git ${oldestGitVersion.join(".")} or newer`);
}

/** Where git is looked for: nothing of our own process's environment reaches a local git. */
export const trustedPath = "/usr/local/bin:/usr/bin:/bin";

/** The numbers of `git version 2.39.5 (Apple Git-154)`. Git that cannot be started says nothing at all. */
export function parseGitVersion(text: string | null): GitVersion | undefined {
  const numbers = /^git version (\d+(?:\.\d+)+)/.exec(text ?? "")?.[1];
  return numbers?.split(".").map(Number);
}

export function isAtLeast(version: GitVersion, oldest: GitVersion): boolean {
  const different = oldest.findIndex((part, index) => (version[index] ?? 0) !== part);
  return different === -1 || (version[different] ?? 0) > (oldest[different] ?? 0);
}

/** Pure: `this host's git 2.39 cannot read it; git 2.48 can`. */
export function describeTooOldGit(since: GitVersion | undefined, host: GitVersion | undefined): string {
  const here = host === undefined ? "" : ` ${formatVersion(host)}`;
  const remedy = since === undefined ? "" : `; git ${formatVersion(since)} can`;
  return `this host's git${here} cannot read it${remedy}`;
}

function formatVersion(version: GitVersion): string {
  return version.slice(0, 2).join(".");
}
