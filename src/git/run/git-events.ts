import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";

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

export function publishGitCommandEnded(event: GitCommandEnded): void {
  ended.publish(event);
}
