import type { Trigger } from "../journal/trigger.ts";
import type { RecoveryOptions } from "./plan/recovery-options.ts";

/**
 * `recover` is what the slot and the options say; `reclaim` is about the slots of sources that are beyond the limits
 * which their sources set.
 */
export const recoveryTasks = ["recover", "reclaim"] as const;
export type RecoveryTask = (typeof recoveryTasks)[number];

/** A request for one run: what a queue holds and what the recovery engine executes. */
export interface RecoveryRequest {
  /** Unique; every journal line and log line of the run carries it. */
  readonly recoveryId: string;
  /** `recover` if nothing is said. */
  readonly task?: RecoveryTask;
  readonly trigger: Trigger;
  /** Who asked: a user of the web configuration, `token`, a certificate's name, `uid 1000`, an alert's name. */
  readonly requestedBy: string;
  /** A slot or a lock candidate; undefined runs `autoRecover` over the pools that the options select. */
  readonly slotId: string | undefined;
  /** Only with a slot: `recoverSlot`'s force. */
  readonly force: boolean;
  readonly options: RecoveryOptions;
}

/** A person asked for the run: it continues if a guard would stop an unattended one. */
export function isManual({ trigger }: Pick<RecoveryRequest, "trigger">): boolean {
  return trigger === "command" || trigger === "api";
}
