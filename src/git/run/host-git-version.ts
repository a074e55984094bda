import { spawnSync } from "node:child_process";

/** Its numbers, the most significant first. */
export type GitVersion = readonly number[];

const timeoutMilliseconds = 10_000;
/** Git may be replaced while a server runs. */
const believedForMilliseconds = 3_600_000;

let known: { readonly version: GitVersion | undefined; readonly askedAt: number } | undefined;

/**
 * The version of the git that this program starts; undefined if there is none. It waits for git, some milliseconds once an
 * hour: only what depends on the version asks.
 */
export function readHostGitVersion(): GitVersion | undefined {
  const now = performance.now();
  if (known === undefined || now - known.askedAt > believedForMilliseconds) {
    const env = { PATH: trustedPath, LC_ALL: "C" };
    const { stdout } = spawnSync("git", ["version"], { env, encoding: "utf8", timeout: timeoutMilliseconds });
    known = { version: parseGitVersion(stdout), askedAt: now };
  }
  return known.version;
}

/** Where git is looked for: nothing of our own process's environment reaches a local git. */
export const trustedPath = "/usr/local/bin:/usr/bin:/bin";

/** The numbers of `git version 2.39.5 (Apple Git-154)`. */
export function parseGitVersion(text: string): GitVersion | undefined {
  const numbers = /^git version (\d+(?:\.\d+)+)/.exec(text)?.[1];
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
