import { spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { asError } from "../platform/coded-error.ts";

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
  readonly input?: string;
  /** Writes the input in its own time, in place of `input`; git sees the end of it when the promise resolves. */
  readonly feed?: (stdin: Writable) => Promise<void>;
  /** Takes the output as it comes, whatever its size; `stdout` of the result is then empty. */
  readonly onOutput?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal;
  /** Called with the process group, so that a journal can record what goes on writing if we die. */
  readonly onStarted?: (processGroup: number) => void;
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

/**
 * Runs git in its own process group with a scrubbed environment; nothing that a slot's files name is executed
 * (hooks and fsmonitor off, no prompt, no lazy fetch, no configuration of the system or the user). Never throws.
 */
export function runGit(command: GitCommand): Promise<GitResult> {
  return new Promise((resolve) => {
    const child = spawn("git", gitArguments(command), {
      cwd: command.cwd ?? "/",
      env: gitEnvironment(command),
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout = collectOutput(child.stdout, command.onOutput);
    const stderr = collectOutput(child.stderr);
    let isTimedOut = false;
    const end = (): void => {
      isTimedOut = true;
      endProcessGroup(child.pid);
    };
    const timer = setTimeout(end, command.timeoutSeconds * 1000);
    command.signal?.addEventListener("abort", end, { once: true });
    const settle = (result: GitResult): void => {
      clearTimeout(timer);
      command.signal?.removeEventListener("abort", end);
      resolve(result);
    };
    child.on("error", (cause) => {
      settle({ kind: "unavailable", cause: asError(cause) });
    });
    child.on("close", (exitCode) => {
      if (isTimedOut) settle({ kind: "timeout", stderr: stderr() });
      else if (exitCode === 0) settle({ kind: "done", stdout: stdout(), stderr: stderr() });
      else settle({ kind: "failed", exitCode: exitCode ?? -1, stdout: stdout(), stderr: stderr() });
    });
    if (child.pid !== undefined) command.onStarted?.(child.pid);
    child.stdin.on("error", () => undefined);
    sendInput(child.stdin, command);
  });
}

/** What went wrong, for a report: git's last words without control characters. */
export function describeGitFailure(result: Exclude<GitResult, { kind: "done" }>): string {
  if (result.kind === "timeout") return "git did not end in time and was stopped";
  if (result.kind === "unavailable") return `git could not be started: ${result.cause.message}`;
  const words = result.stderr.trim().split("\n").slice(-3).join("; ");
  // eslint-disable-next-line no-control-regex -- a slot's names may hold terminal escapes
  return `git exited with ${result.exitCode}: ${words.replace(/[\u0000-\u001f\u007f]/g, "?").slice(-500)}`;
}

function gitArguments(command: GitCommand): string[] {
  const settings = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
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

function gitEnvironment(command: GitCommand): Record<string, string> {
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

function collectOutput(stream: NodeJS.ReadableStream, onOutput?: (chunk: Buffer) => void): () => string {
  if (onOutput !== undefined) {
    stream.on("data", onOutput);
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

/** Ends git and every helper it started; simple-git's own time-out leaves grandchildren (measured). */
function endProcessGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  setTimeout(() => {
    signalGroup(pid, "SIGKILL");
  }, killGraceMilliseconds).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
