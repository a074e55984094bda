import { CodedError } from "../platform/coded-error.ts";
import type { LendingRefusal } from "./lending-context.ts";

/** Thrown by the library if a method did not make its change. `code` is the reason in upper case. */
export class LendingError extends CodedError {
  readonly reason: LendingRefusal;

  constructor(reason: LendingRefusal, message: string) {
    super(reason.toUpperCase() as Uppercase<LendingRefusal>, message);
    this.name = "LendingError";
    this.reason = reason;
  }
}

interface NotChanged {
  readonly kind: "refused" | "unusable";
  readonly reason: LendingRefusal;
  readonly detail: string;
}

/** The result of a method that made its change. @throws LendingError if it did not. */
export function requireChange<Result extends { kind: string }>(
  result: Result | NotChanged,
): Exclude<Result, NotChanged> {
  if (isNotChanged(result)) throw new LendingError(result.reason, result.detail);
  return result as Exclude<Result, NotChanged>;
}

function isNotChanged(result: { kind: string }): result is NotChanged {
  return result.kind === "refused" || result.kind === "unusable";
}
