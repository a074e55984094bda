import { startStopwatch } from "../../platform/clock.ts";
import type { GitCommand, GitResult } from "./git-command.ts";
import { startGit } from "./detached-git.ts";
import { publishGitCommandEnded } from "./git-events.ts";
import { runLocalGit } from "./local-git.ts";

/** Subcommands that read or write a few files of a repository on this machine and print little. */
const shortCommands = [
  ...["cat-file", "checkout", "checkout-index", "clean", "commit-tree", "config", "for-each-ref", "log"],
  ...["ls-files", "ls-tree", "read-tree", "reset", "rev-list", "rev-parse", "show-ref", "symbolic-ref"],
  ...["update-index", "update-ref", "version", "worktree", "write-tree"],
] as const;

/** Node passes text as UTF-8: git would take another name for this one. */
const notAnArgument = {
  kind: "failed",
  exitCode: -1,
  stdout: "",
  stderr: "error: a name that is not UTF-8 cannot be an argument of git's",
} as const;

/**
 * Runs git with a scrubbed environment; nothing that a slot's files name is executed (hooks and fsmonitor off, no
 * prompt, no lazy fetch, no configuration of the system or the user). Does not try again: commands that speak to a
 * remote go through `runNetworkGit`. @throws nothing but what `onOutput` throws, which ends git.
 */
export async function runGit(command: GitCommand): Promise<GitResult> {
  if (!command.args.every((word) => word.isWellFormed())) return notAnArgument;
  const elapsedSeconds = startStopwatch();
  const result = await (isShort(command) ? runLocalGit(command) : startGit(command));
  publishGitCommandEnded(command, result, { durationSeconds: elapsedSeconds(), retryCount: 0 });
  return result;
}

/**
 * Short, and without a stream of the caller's. Inside a recovery step too: both ways give git the same process group
 * and inherited locks and tell the journal of it, so that a git that outlives us is found and ended whichever it was.
 */
export function isShort({ args: [subcommand = ""], input, feed, onOutput }: GitCommand): boolean {
  const hasStream = (input ?? "") !== "" || feed !== undefined || onOutput !== undefined;
  return !hasStream && (shortCommands as readonly string[]).includes(subcommand);
}
