import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import type { GitCommand, GitResult } from "./git-command.ts";

/** One git command that ended; all attempts of a network command count as one. */
export interface GitCommandEnded {
  /** The subcommand, such as `fsck`. */
  readonly command: string;
  readonly durationSeconds: number;
  readonly hasFailed: boolean;
  readonly retryCount: number;
}

const channelName = "repo-pool-sidecar:git-command-ended";
const ended = channel(channelName);

/** @returns what ends the subscription. */
export function onGitCommandEnded(listener: (event: GitCommandEnded) => void): () => void {
  const receive = (message: unknown): void => {
    listener(message as GitCommandEnded);
  };
  subscribe(channelName, receive);
  return () => {
    unsubscribe(channelName, receive);
  };
}

export function publishGitCommandEnded(
  { args }: GitCommand,
  { kind }: GitResult,
  { durationSeconds, retryCount }: Pick<GitCommandEnded, "durationSeconds" | "retryCount">,
): void {
  const event = { command: args[0] ?? "", durationSeconds, hasFailed: kind !== "done", retryCount };
  ended.publish(event satisfies GitCommandEnded);
}
