import { homedir } from "node:os";
import { join } from "node:path";
import pRetry, { AbortError } from "p-retry";
import { describeGitFailure, networkProtocols, runGit, type GitCommand } from "../../git/git-command.ts";
import { redactUrl } from "../../platform/redact.ts";
import type { RecoveryContext } from "../recovery-context.ts";
import { isSafeRepoUrl } from "../repo-url.ts";

export type RemoteResult =
  | { readonly kind: "done"; readonly stdout: string }
  /** `isGone`: the remote answered that there is no such repository; else it could not be reached, or not read. */
  | { readonly kind: "failed"; readonly isGone: boolean; readonly detail: string };

/** The guide's requirement 9.1: three attempts in all. */
const retries = 2;
const firstPauseMilliseconds = 500;

/** A remote that sends less than this for that long is hung. */
const stallSettings = ["http.lowSpeedLimit=100", "http.lowSpeedTime=60"];

/**
 * Runs one git command that speaks with the pool's remote: only by its URL, with the configuration of the sidecar's own
 * user, in three attempts unless the answer would be the same again.
 */
export async function runRemoteGit(
  context: RecoveryContext,
  command: Pick<GitCommand, "args" | "gitDirectory"> & { readonly beforeAttempt?: () => void },
): Promise<RemoteResult> {
  const attempt = async (): Promise<string> => {
    command.beforeAttempt?.();
    const home = homedir();
    const result = await runGit({
      args: command.args,
      ...(command.gitDirectory === undefined ? {} : { gitDirectory: command.gitDirectory }),
      timeoutSeconds: context.deepTimeoutSeconds,
      allowedProtocols: networkProtocols,
      settings: stallSettings,
      env: { HOME: home, GIT_CONFIG_GLOBAL: join(home, ".gitconfig"), GIT_CONFIG_NOSYSTEM: "0" },
    });
    if (result.kind === "done") return result.stdout;
    const failure = new Error(withoutSecret(describeGitFailure(result), context.pool.repoUrl));
    // A remote that hung once has already cost the whole time-out.
    throw result.kind === "timeout" || isDeterministic(failure.message) ? new AbortError(failure) : failure;
  };
  try {
    const options = { retries, minTimeout: firstPauseMilliseconds, randomize: true };
    return { kind: "done", stdout: await pRetry(attempt, options) };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { kind: "failed", isGone: isGone(detail), detail };
  }
}

/** The pool's URL where git may be given it; else what is wrong with it. */
export function readSafeUrl(context: RecoveryContext): { url: string } | { refusal: string } {
  const url = context.pool.repoUrl;
  if (url === undefined) return { refusal: "the pool names no repo_url" };
  return isSafeRepoUrl(url) ? { url } : { refusal: "the pool's repo_url is not one that git may be given" };
}

function isGone(failure: string): boolean {
  return /does not exist|does not appear to be a git repository|repository .*not found/i.test(failure);
}

/** What the same command would answer again: no second attempt. */
function isDeterministic(failure: string): boolean {
  return (
    isGone(failure) || /No space left|transport '.*' not allowed|bad pack header|protocol error/.test(failure)
  );
}

function withoutSecret(text: string, url: string | undefined): string {
  return url === undefined ? text : text.replaceAll(url, redactUrl(url));
}
