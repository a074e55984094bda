import type { GitCommand, GitResult } from "./git-command.ts";
import { startGit } from "./detached-git.ts";
import { publishGitCommandEnded } from "./git-events.ts";

/**
 * Runs git with a scrubbed environment; nothing that a slot's files name is executed (hooks and fsmonitor off, no
 * prompt, no lazy fetch, no configuration of the system or the user). Does not try again: commands that speak to a
 * remote go through `runNetworkGit`. @throws nothing but what `onOutput` throws, which ends git.
 */
export async function runGit(command: GitCommand): Promise<GitResult> {
  const startedAt = performance.now();
  const result = await startGit(command);
  publishGitCommandEnded({
    command: command.args[0] ?? "",
    durationSeconds: (performance.now() - startedAt) / 1000,
    hasFailed: result.kind !== "done",
    retryCount: 0,
  });
  return result;
}
