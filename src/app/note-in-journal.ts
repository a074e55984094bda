import { randomUUID } from "node:crypto";
import { Journal } from "../journal/journal.ts";
import { systemClock } from "../platform/clock.ts";
import type { Trigger } from "../recovery/recovery-action.ts";
import type { RemediationNote } from "../remediation/remediation.ts";

/** Writes what a person did to the remediation loop. @throws the system's error where the line cannot be kept */
export function noteInJournal(stateDir: string, note: RemediationNote & { trigger: Trigger }): void {
  const { action, operator, detail, trigger, recoveryId = randomUUID() } = note;
  const who = { recovery_id: recoveryId, trigger, mode: "live", requested_by: operator } as const;
  new Journal(stateDir).append({ kind: "note", ...who, action, detail }, systemClock.now());
}
