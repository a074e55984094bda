import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { decodeBytes } from "../../platform/byte-text.ts";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import type { GitCommand, GitResult } from "./git-command.ts";
import type { GitScope } from "./git-scope.ts";
import { fullDiskWords } from "../../platform/environment-error.ts";

/** How much of what one git command prints is kept: more is a failure, whatever its exit code says. */
export const maxOutputBytes = 16 * 1024 * 1024;
const killGraceMilliseconds = 2_000;
/** A helper that left the process group may keep the pipes open after git itself has ended. */
const closeGraceMilliseconds = 2_000;

/**
 * What becomes of a git that was just started as the leader of a process group: both ways of starting one end here, so
 * that time limit, signal, output limit and exit code mean the same for both. @throws what `onOutput` throws.
 */
export async function superviseGit(
  child: ChildProcess,
  command: GitCommand,
  scope: GitScope | undefined,
): Promise<GitResult> {
  const ending = waitForEnd(child);
  const group = new ProcessGroup(child.pid, command, scope);
  const stdout = new OutputReader(child.stdout, command.onOutput, () => {
    group.end();
  });
  const stderr = new OutputReader(child.stderr);
  try {
    const unrecorded = record(child, scope);
    if (unrecorded !== undefined) {
      group.kill();
      return { kind: "unavailable", cause: unrecorded };
    }
    const end = await ending;
    if (stdout.failure !== undefined) throw stdout.failure;
    if (end instanceof Error) return { kind: "unavailable", cause: end };
    return resultOf(end, { isEnded: group.isEnded, stdout, stderr });
  } finally {
    group.release();
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  }
}

/** @returns why it could not be recorded: it could not be ended after a crash then, so it must not run. */
function record({ pid }: ChildProcess, scope: GitScope | undefined): Error | undefined {
  try {
    if (pid !== undefined) scope?.onStarted?.(pid);
    return undefined;
  } catch (cause) {
    return asError(cause);
  }
}

function resultOf(
  { exitCode, signal }: Exclude<End, Error>,
  { isEnded, stdout, stderr }: { isEnded: boolean; stdout: OutputReader; stderr: OutputReader },
): GitResult {
  const said = { stdout: stdout.text(), stderr: stderr.text() };
  if (isEnded) return { kind: "timeout", stderr: said.stderr };
  const detail = exitCode === null ? `git was ended by ${signal ?? "a signal"}` : findShortage(said.stderr);
  if (exitCode !== 0 && detail !== undefined)
    return { kind: "killed", detail, stderr: said.stderr, signal: signal ?? undefined };
  if (exitCode !== 0) return { kind: "failed", exitCode: exitCode ?? -1, ...said };
  return { kind: stdout.isCut || stderr.isCut ? "output_limit" : "done", ...said };
}

/**
 * Git's own words for a lack of memory or disk, and for a helper that a signal ended. Source: git's wrapper.c, run-command.c,
 * and the C library's words for the system's errors.
 */
const shortage = new RegExp(
  `^(?:fatal: Out of memory, .*|error: .* died of signal \\d+|(?:fatal|error): .*: ${fullDiskWords})$`,
  "m",
);

function findShortage(stderr: string): string | undefined {
  const words = shortage.exec(stderr)?.[0];
  return words === undefined ? undefined : `git could not end its work: ${words}`;
}

/** Without an exit code a signal ended it. */
type End = { readonly exitCode: number | null; readonly signal: NodeJS.Signals | null } | Error;

function waitForEnd(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    const settle = (end: End): void => {
      clearTimeout(grace);
      resolve(end);
    };
    // Not `once`: without a listener, a second error would end our own process.
    child.on("error", settle);
    child.once("close", (exitCode, signal) => {
      settle({ exitCode, signal });
    });
    child.once("exit", (exitCode, signal) => {
      // After a long pause of this process, what git printed waits to be read: timers come first, so this lets reading go first.
      grace = setTimeout(() => setImmediate(settle, { exitCode, signal }), closeGraceMilliseconds);
    });
  });
}

/** Git and every helper it started. Ends them when the command's time is up or its signal says so. */
class ProcessGroup {
  readonly #leader: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #limit: NodeJS.Timeout;
  #grace: NodeJS.Timeout | undefined;
  isEnded = false;

  constructor(
    leader: number | undefined,
    { timeoutSeconds, signal }: GitCommand,
    scope: GitScope | undefined,
  ) {
    this.#leader = leader;
    this.#signal = signal;
    const leftMilliseconds = (scope?.endsAt ?? Infinity) - performance.now();
    this.#limit = setTimeout(this.end, Math.max(0, Math.min(timeoutSeconds * 1000, leftMilliseconds)));
    signal?.addEventListener("abort", this.end, { once: true });
    if (signal?.aborted === true) this.end();
  }

  readonly end = (): void => {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#send("SIGTERM");
    this.#grace = setTimeout(() => {
      this.kill();
    }, killGraceMilliseconds);
  };

  kill(): void {
    this.#send("SIGKILL");
  }

  release(): void {
    clearTimeout(this.#limit);
    clearTimeout(this.#grace);
    this.#signal?.removeEventListener("abort", this.end);
    // What the first signal did not end, and closed its pipes, would go on writing.
    if (this.isEnded) this.kill();
  }

  #send(signal: NodeJS.Signals): void {
    if (this.#leader === undefined) return;
    try {
      process.kill(-this.#leader, signal);
    } catch (error) {
      if (systemErrorCode(error) !== "ESRCH") throw error;
    }
  }
}

/** Keeps what a stream says up to the limit, or passes it on as it comes. */
class OutputReader {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  isCut = false;
  /** What the receiver threw. */
  failure: Error | undefined;

  constructor(stream: Readable | null, onOutput?: (chunk: Buffer) => void, onFailure?: () => void) {
    stream?.on("data", (chunk: Buffer) => {
      try {
        if (onOutput === undefined) this.#keep(chunk);
        else onOutput(chunk);
      } catch (error) {
        this.failure = asError(error);
        onFailure?.();
      }
      // Nobody keeps what comes now, not even another listener; git still runs to its end, and its exit code counts.
      if (this.isCut || this.failure !== undefined) stream.removeAllListeners("data").resume();
    });
  }

  text(): string {
    return decodeBytes(Buffer.concat(this.#chunks));
  }

  #keep(chunk: Buffer): void {
    const space = maxOutputBytes - this.#bytes;
    this.#chunks.push(chunk.subarray(0, space));
    this.#bytes += chunk.length;
    this.isCut = chunk.length > space;
  }
}
