import type { RefusalReason } from "./recovery-action.ts";

/** A guard's answer: a result, not an error. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** For the journal, if a later run asks for it. */
  readonly data?: Readonly<Record<string, unknown>>;
}
