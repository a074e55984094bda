import { randomUUID } from "node:crypto";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import type { RecoveryTarget } from "./alerts/select-target.ts";

/** The recovery of a target, with options over the defaults. */
export function createTargetRequest(
  target: RecoveryTarget,
  origin: Pick<RecoveryRequest, "trigger" | "requestedBy" | "force">,
  wanted: { options: RecoveryOptionsInput; lockTimeoutSeconds: number },
): RecoveryRequest {
  const { lockTimeoutSeconds } = wanted;
  const options = resolveRecoveryOptions(wanted.options, { ...defaultRecoveryOptions, lockTimeoutSeconds });
  const pool = target.kind === "pool" ? target.pool : options.pool;
  const slotId = target.kind === "slot" ? target.slotId : undefined;
  return { recoveryId: randomUUID(), ...origin, slotId, options: { ...options, pool } };
}
