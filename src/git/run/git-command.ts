import type { Writable } from "node:stream";
import { redactUrls } from "../../platform/redact.ts";

export interface GitCommand {
  /** The subcommand and its arguments, without the global options that this module adds. */
  readonly args: readonly string[];
  /** Always explicit, so that git never looks for a repository by itself. Undefined only for clone and init. */
  readonly gitDirectory?: string;
  readonly workTree?: string;
  readonly cwd?: string;
  readonly timeoutSeconds: number;
  /**
   * What git gets of our own user. `settings`: those of the user and of the system are read. `network`: they are, and the
   * environment of this program says how a remote is reached. Otherwise neither: for all that a slot may shape.
   */
  readonly trusts?: "settings" | "network";
  /** Protocols that this command may speak; none for reads. */
  readonly allowedProtocols?: readonly string[];
  /** `-c` settings, such as `core.bare=false`. */
  readonly settings?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Writes the input in its own time, in place of `input`; git sees the end of it when the promise resolves. */
  readonly feed?: ((stdin: Writable) => Promise<void>) | undefined;
  /** Takes the output as it comes, whatever its size; `stdout` of the result is then empty. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

/** The same whichever way git was started: what is not `done` is a failure. */
export type GitResult =
  | { readonly kind: "done"; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "failed"; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  /** Its time was up, or the caller's signal ended it. */
  | { readonly kind: "timeout"; readonly stderr: string }
  /** The system ended it, as for a lack of memory: what it could not do proves nothing of the repository. */
  | {
      readonly kind: "killed";
      readonly detail: string;
      readonly stderr: string;
      /** Of git itself; undefined if a helper of it was ended, or git says what it lacked. */
      readonly signal?: NodeJS.Signals | undefined;
    }
  /** It printed more than is kept: `stdout` is the beginning, so it proves what it shows and no more. */
  | { readonly kind: "output_limit"; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "unavailable"; readonly cause: Error };

export const networkProtocols = ["file", "git", "http", "https", "ssh"] as const;

/** What went wrong, for a report: git's own words without control characters and without what a URL may keep secret. */
export function describeGitFailure(result: Exclude<GitResult, { kind: "done" }>): string {
  if (result.kind === "timeout") return "git did not end in time and was stopped";
  if (result.kind === "killed") return result.detail;
  if (result.kind === "output_limit") return "git printed more than can be kept";
  if (result.kind === "unavailable") return `git could not be started: ${result.cause.message}`;
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const reasons = lines.filter((line) => /^(?:fatal|error|remote|ssh): /.test(line));
  const words = redactUrls((reasons.length > 0 ? reasons : lines).slice(-3).join("; "));
  // eslint-disable-next-line no-control-regex -- a slot's names may hold terminal escapes
  return `git exited with ${result.exitCode}: ${words.replace(/[\u0000-\u001f\u007f]/g, "?").slice(-500)}`;
}
