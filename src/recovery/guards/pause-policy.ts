import type { Trigger } from "../../journal/trigger.ts";
import type { Clock } from "../../platform/clock.ts";
import { isManual } from "../recovery-request.ts";
import type { PausableTarget, Pauses } from "./pauses.ts";

export interface MaintenanceWindows {
  /** True while a window covers the pool; an undefined pool asks for windows that cover every one. */
  isOpen(pool: string | undefined, now: Date): boolean;
}

export interface PausePolicyOptions {
  readonly pauses: Pick<Pauses, "find">;
  /** Without it no window is ever open. */
  readonly maintenance?: MaintenanceWindows;
  readonly clock: Clock;
}

/** Decides whether a recovery has to wait. A pause stops everybody; a maintenance window only runs that no person started. */
export class PausePolicy {
  readonly #options: PausePolicyOptions;

  constructor(options: PausePolicyOptions) {
    this.#options = options;
  }

  /** Why the target may not be recovered now, for a person to read; undefined if it may be. */
  findPause(target: PausableTarget, trigger: Trigger): string | undefined {
    const { pauses, maintenance, clock } = this.#options;
    const now = clock.now();
    const pause = pauses.find(target, now);
    if (pause !== undefined) return `paused by ${pause.name}: ${pause.reason}`;
    const hasToWait = !isManual({ trigger }) && maintenance?.isOpen(target.pool, now) === true;
    return hasToWait ? "a maintenance window is open" : undefined;
  }
}
