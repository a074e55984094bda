import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import type { Writable } from "node:stream";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import { redactUrls } from "../../platform/redact.ts";
import { publishGitCommandEnded } from "./git-events.ts";
import { currentGitScope, recoveryIdVariable, type GitScope } from "./git-scope.ts";

export interface GitCommand {
  /** The subcommand and its arguments, without the global options that this module adds. */
  readonly args: readonly string[];
  /** Always explicit, so that git never looks for a repository by itself. Undefined only for clone and init. */
  readonly gitDirectory?: string;
  readonly workTree?: string;
  readonly cwd?: string;
  readonly timeoutSeconds: number;
  /** Protocols that this command may speak; none for reads. */
  readonly allowedProtocols?: readonly string[];
  /** `-c` settings, such as `core.bare=false`. */
  readonly settings?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** Writes the input in its own time, in place of `input`; git sees the end of it when the promise resolves. */
  readonly feed?: (stdin: Writable) => Promise<void>;
  /** Takes the output as it comes, whatever its size; `stdout` of the result is then empty. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
}

export type GitResult =
  | { readonly kind: "done"; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "failed"; readonly exitCode: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: "timeout"; readonly stderr: string }
  | { readonly kind: "unavailable"; readonly cause: Error };

export const networkProtocols = ["file", "git", "http", "https", "ssh"] as const;

/** What one git command may print before the rest is dropped. */
const maxOutputBytes = 16 * 1024 * 1024;
const killGraceMilliseconds = 2_000;
/** A helper that left the process group may keep the pipes open after git itself has ended. */
const closeGraceMilliseconds = 2_000;

/**
 * Runs git in its own process group with a scrubbed environment; nothing that a slot's files name is executed
 * (hooks and fsmonitor off, no prompt, no lazy fetch, no configuration of the system or the user). Does not try again:
 * commands that speak to a remote go through `runNetworkGit`. @throws nothing but what `onOutput` throws, which ends git.
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

/** One attempt, not counted in the metrics. */
export function startGit(command: GitCommand): Promise<GitResult> {
  const scope = currentGitScope();
  return new Promise((resolve, reject) => {
    const child = spawn("git", gitArguments(command), {
      cwd: command.cwd ?? "/",
      env: gitEnvironment(command, scope),
      detached: true,
      stdio: ["pipe", "pipe", "pipe", ...(scope?.inheritedDescriptors ?? [])],
    }) as ChildProcessWithoutNullStreams;
    const timers = new Timers();
    let isTimedOut = false;
    const end = (): void => {
      isTimedOut = true;
      signalGroup(child.pid, "SIGTERM");
      timers.set(killGraceMilliseconds, () => {
        signalGroup(child.pid, "SIGKILL");
      });
    };
    let failure: Error | undefined;
    const stdout = collectOutput(child.stdout, command.onOutput, (error) => {
      failure = asError(error);
      end();
    });
    const stderr = collectOutput(child.stderr);
    const settle = (result: GitResult): void => {
      timers.clear();
      command.signal?.removeEventListener("abort", end);
      // What the signal did not end, and closed its pipes, would go on writing.
      if (isTimedOut) signalGroup(child.pid, "SIGKILL");
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      if (failure !== undefined) reject(failure);
      resolve(result);
    };
    const conclude = (exitCode: number | null): void => {
      if (isTimedOut) settle({ kind: "timeout", stderr: stderr() });
      else if (exitCode === 0) settle({ kind: "done", stdout: stdout(), stderr: stderr() });
      else settle({ kind: "failed", exitCode: exitCode ?? -1, stdout: stdout(), stderr: stderr() });
    };
    child.on("error", (cause) => {
      settle({ kind: "unavailable", cause });
    });
    child.on("close", conclude);
    child.on("exit", (exitCode) => {
      timers.set(closeGraceMilliseconds, () => {
        conclude(exitCode);
      });
    });
    child.stdin.on("error", () => undefined);
    if (command.signal?.aborted === true) end();
    command.signal?.addEventListener("abort", end, { once: true });
    timers.set(command.timeoutSeconds * 1000, end);
    try {
      if (child.pid !== undefined) scope?.onStarted?.(child.pid);
    } catch (cause) {
      // What cannot be recorded could not be ended after a crash: it does not run.
      signalGroup(child.pid, "SIGKILL");
      settle({ kind: "unavailable", cause: asError(cause) });
    }
    sendInput(child.stdin, command);
  });
}

class Timers {
  readonly #timers: NodeJS.Timeout[] = [];

  set(milliseconds: number, task: () => void): void {
    this.#timers.push(setTimeout(task, milliseconds));
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** What went wrong, for a report: git's own words without control characters and without what a URL may keep secret. */
export function describeGitFailure(result: Exclude<GitResult, { kind: "done" }>): string {
  if (result.kind === "timeout") return "git did not end in time and was stopped";
  if (result.kind === "unavailable") return `git could not be started: ${result.cause.message}`;
  const lines = result.stderr.split("\n").filter((line) => line.trim() !== "");
  const reasons = lines.filter((line) => /^(?:fatal|error|remote|ssh): /.test(line));
  const words = redactUrls((reasons.length > 0 ? reasons : lines).slice(-3).join("; "));
  // eslint-disable-next-line no-control-regex -- a slot's names may hold terminal escapes
  return `git exited with ${result.exitCode}: ${words.replace(/[\u0000-\u001f\u007f]/g, "?").slice(-500)}`;
}

function gitArguments(command: GitCommand): string[] {
  const settings = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    // A fetch asks the store that it borrows from for its refs, with a git that reads that repository's configuration.
    "core.alternateRefsCommand=true",
    "gc.auto=0",
    "maintenance.auto=false",
  ];
  return [
    "--no-pager",
    ...[...settings, ...(command.settings ?? [])].flatMap((setting) => ["-c", setting]),
    ...(command.gitDirectory === undefined ? [] : [`--git-dir=${command.gitDirectory}`]),
    ...(command.workTree === undefined ? [] : [`--work-tree=${command.workTree}`]),
    ...command.args,
  ];
}

function gitEnvironment(command: GitCommand, scope: GitScope | undefined): Record<string, string> {
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_CEILING_DIRECTORIES: "/",
    GIT_ALLOW_PROTOCOL: (command.allowedProtocols ?? []).join(":"),
    ...(scope === undefined ? {} : { [recoveryIdVariable]: scope.recoveryId }),
    ...command.env,
  };
}

function sendInput(stdin: Writable, { feed, input }: GitCommand): void {
  if (feed === undefined) {
    stdin.end(input ?? "");
    return;
  }
  feed(stdin).then(
    () => stdin.end(),
    () => stdin.destroy(),
  );
}

function collectOutput(
  stream: NodeJS.ReadableStream,
  onOutput?: (chunk: Buffer) => void,
  onFailure?: (error: unknown) => void,
): () => string {
  if (onOutput !== undefined) {
    const pass = (chunk: Buffer): void => {
      try {
        onOutput(chunk);
      } catch (error) {
        stream.off("data", pass).resume();
        onFailure?.(error);
      }
    };
    stream.on("data", pass);
    return () => "";
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    if (bytes < maxOutputBytes) chunks.push(chunk);
    bytes += chunk.length;
  });
  return () => Buffer.concat(chunks).subarray(0, maxOutputBytes).toString("utf8");
}

/** Signals git and every helper it started; simple-git's own time-out leaves grandchildren (measured). */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemErrorCode(error) !== "ESRCH") throw error;
  }
}
