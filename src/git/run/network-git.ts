import pRetry from "p-retry";
import { startStopwatch } from "../../platform/clock.ts";
import type { GitCommand, GitResult } from "./git-command.ts";
import { startGit } from "./detached-git.ts";
import { publishGitCommandEnded } from "./git-events.ts";

/** The guide's requirement 9.1. */
const usualAttempts = 3;
const firstWaitMilliseconds = 500;

export interface NetworkOptions {
  readonly beforeAttempt?: () => void;
  readonly attempts?: number;
}

/**
 * Runs a git command that speaks to a remote, up to three times with growing, jittered waits; only an unreachable
 * remote is asked again. `beforeAttempt` clears what an earlier attempt left.
 */
export async function runNetworkGit(
  command: GitCommand,
  { beforeAttempt, attempts: most = usualAttempts }: NetworkOptions = {},
): Promise<GitResult> {
  const elapsedSeconds = startStopwatch();
  let attempts = 0;
  let last: GitResult | undefined;
  const attempt = async (): Promise<GitResult> => {
    attempts++;
    beforeAttempt?.();
    last = await startGit(command);
    if (last.kind === "failed" && isUnreachable(last.stderr)) throw new UnreachableRemote();
    return last;
  };
  let result;
  try {
    result = await pRetry(attempt, {
      retries: most - 1,
      minTimeout: firstWaitMilliseconds,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof UnreachableRemote,
    });
  } catch (error) {
    if (!(error instanceof UnreachableRemote) || last === undefined) throw error;
    result = last;
  }
  publishGitCommandEnded(command, result, { durationSeconds: elapsedSeconds(), retryCount: attempts - 1 });
  return result;
}

/** Marks, inside `runNetworkGit` alone, a failure that another attempt may repair. */
class UnreachableRemote extends Error {}

const unreachable =
  /could not resolve host|name or service not known|temporary failure in name resolution|connection (?:refused|reset|timed out|closed)|operation timed out|no route to host|network is unreachable|unable to access .*(?:failed to connect|couldn't connect|empty reply|timed out|HTTP\/2)|failed to connect|couldn't connect to server|could not connect to server|returned error: (?:408|425|429|5\d\d)|the remote end hung up|early EOF|unexpected disconnect|RPC failed|gnutls_handshake|ssl_(?:connect|read)/i;
/** The repository is gone, or access is denied. */
const answered =
  /repository not found|does not exist|does not appear to be a git repository|repository .* not found|no such remote|returned error: (?:401|403|404|410)|permission denied|authentication failed|could not read (?:username|password)|terminal prompts disabled|host key verification failed|access denied/i;

/**
 * True if the network or the server is at fault, which a later attempt may find well again. Told by git's own words (git runs
 * with LC_ALL=C); what also has an answer of the remote's is no such fault.
 */
function isUnreachable(stderr: string): boolean {
  return unreachable.test(stderr) && !answered.test(stderr);
}
