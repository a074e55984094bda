import { randomUUID } from "node:crypto";
import { Journal } from "./journal.ts";
import { systemClock } from "../platform/clock.ts";
import { asError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import type { Trigger } from "./trigger.ts";

/** What a person did, or asked for, that is no recovery itself. */
export interface OperatorEvent {
  readonly action: string;
  readonly operator: string;
  readonly detail: string;
  readonly trigger: Trigger;
  /** Joins notes of one act. */
  readonly recoveryId?: string;
  readonly repoName?: string | undefined;
  readonly slotId?: string | undefined;
  readonly outcome?: string;
  readonly reason?: string;
}

/** @throws the system's error if the line cannot be kept */
export function recordOperatorEvent(stateDir: string, note: OperatorEvent): void {
  const { action, operator, detail, trigger, recoveryId = randomUUID() } = note;
  const { repoName, slotId, outcome, reason } = note;
  const who = { recovery_id: recoveryId, trigger, mode: "live", requested_by: operator } as const;
  const about = { repo_name: repoName, slot_id: slotId, outcome, reason };
  new Journal(stateDir).append({ kind: "note", ...who, ...about, action, detail }, systemClock.now());
}

/** What has happened cannot be taken back because it could not be written down: that is said, and stops nothing. */
export function noteAfterwards(stateDir: string, note: OperatorEvent, logger: Logger): void {
  try {
    recordOperatorEvent(stateDir, note);
  } catch (thrown) {
    logger.error({ err: asError(thrown).message }, "journal.unwritable");
  }
}
