import { randomUUID } from "node:crypto";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "../recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { isSourceSlotId } from "../pool/sources/source-names.ts";
import type { RecoveryTarget } from "./alerts/select-target.ts";

/** The recovery of a target, with options over the defaults. */
export function createTargetRequest(
  target: RecoveryTarget,
  origin: Pick<RecoveryRequest, "trigger" | "requestedBy" | "force">,
  wanted: { options: RecoveryOptionsInput; lockTimeoutSeconds: number },
): RecoveryRequest {
  const { lockTimeoutSeconds } = wanted;
  const options = resolveRecoveryOptions(wanted.options, { ...defaultRecoveryOptions, lockTimeoutSeconds });
  const slotId = target.kind === "slot" ? target.slotId : undefined;
  // The slot_id of a source does not tell its pool.
  const namesPool = target.kind === "pool" || (target.kind === "slot" && isSourceSlotId(target.slotId));
  const pool = namesPool ? target.pool : options.pool;
  return { recoveryId: randomUUID(), ...origin, slotId, options: { ...options, pool } };
}
