import type { ErrorCode, UsageErrorCode } from "./error-codes.ts";

/**
 * A broken environment, as opposed to an expected outcome (which is returned).
 * `code` is one of the closed list in error-codes.ts, which docs/errors.md
 * shows; nobody matches on the message.
 */
export class CodedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "CodedError";
    this.code = code;
  }
}

/** Wrong usage or configuration: the program ends with exit code 2. */
export class UsageError extends CodedError {
  constructor(code: UsageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, options);
    this.name = "UsageError";
  }
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/**
 * The system error code of a failed file operation (`ENOENT`, `EACCES`), else undefined. Node asks the system for no path with a
 * NUL byte, as a file of a slot can name one: nothing can be there.
 */
export function systemErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  if (thrown.code === "ERR_INVALID_ARG_VALUE") return "ENOENT";
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** Why a file that somebody named cannot be read; the path is said beside it. */
export function describeUnreadFile(error: Error): string {
  const code = systemErrorCode(error) ?? error.message;
  return code === "ENOENT" ? "there is no such file" : `cannot be read (${code})`;
}
