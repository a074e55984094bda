import pRetry from "p-retry";
import type { GitCommand, GitResult } from "./git-command.ts";
import { startGit } from "./detached-git.ts";
import { publishGitCommandEnded } from "./git-events.ts";

/**
 * Why a remote did not give what was asked. `unreachable`: the network or the server, which a later attempt may find
 * well again. `repository_gone` and `access_denied` are the remote's answer. `other` is everything that is not the
 * remote's doing, such as a full disk.
 */
export const remoteFailures = ["unreachable", "repository_gone", "access_denied", "other"] as const;
export type RemoteFailure = (typeof remoteFailures)[number];

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
  const startedAt = performance.now();
  let attempts = 0;
  let last: GitResult | undefined;
  const attempt = async (): Promise<GitResult> => {
    attempts++;
    beforeAttempt?.();
    last = await startGit(command);
    if (last.kind === "failed" && classifyRemoteFailure(last) === "unreachable")
      throw new UnreachableRemote();
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
  publishGitCommandEnded({
    command: command.args[0] ?? "",
    durationSeconds: (performance.now() - startedAt) / 1000,
    hasFailed: result.kind !== "done",
    retryCount: attempts - 1,
  });
  return result;
}

/** Marks, inside `runNetworkGit` alone, a failure that another attempt may repair. */
class UnreachableRemote extends Error {}

const unreachable =
  /could not resolve host|name or service not known|temporary failure in name resolution|connection (?:refused|reset|timed out|closed)|operation timed out|no route to host|network is unreachable|unable to access .*(?:failed to connect|couldn't connect|empty reply|timed out|HTTP\/2)|failed to connect|couldn't connect to server|could not connect to server|returned error: (?:408|425|429|5\d\d)|the remote end hung up|early EOF|unexpected disconnect|RPC failed|gnutls_handshake|ssl_(?:connect|read)/i;
const gone =
  /repository not found|does not exist|does not appear to be a git repository|returned error: (?:404|410)|repository .* not found|no such remote/i;
const denied =
  /permission denied|authentication failed|could not read (?:username|password)|terminal prompts disabled|returned error: (?:401|403)|host key verification failed|access denied/i;

/** Told apart by git's own words (git runs with LC_ALL=C); what says both was answered by the remote. */
function classifyRemoteFailure(result: Exclude<GitResult, { kind: "done" }>): RemoteFailure {
  if (result.kind === "timeout") return "unreachable";
  if (result.kind === "unavailable") return "other";
  if (gone.test(result.stderr)) return "repository_gone";
  if (denied.test(result.stderr)) return "access_denied";
  return unreachable.test(result.stderr) ? "unreachable" : "other";
}
