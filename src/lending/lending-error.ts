import { CodedError } from "../platform/coded-error.ts";
import type { LendingRefusal } from "./lending-context.ts";

/** Thrown by the library where a call that promises a change did not make it. `code` is the refusal in upper case. */
export class LendingError extends CodedError {
  readonly reason: LendingRefusal;

  constructor(reason: LendingRefusal, message: string) {
    super(reason.toUpperCase(), message);
    this.name = "LendingError";
    this.reason = reason;
  }
}
