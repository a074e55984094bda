import type { RefusalReason } from "./recovery-action.ts";

/** A guard's answer: a result, not an error. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** For the journal, if a later run asks for it. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A path that a link takes elsewhere is neither read nor written. */
export function leadsOutOfPool(path: string): Refusal {
  return { reason: "unsafe_path", detail: `${path} leads out of the pool` };
}
