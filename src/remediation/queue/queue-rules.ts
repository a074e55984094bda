import type { PausePolicy } from "../../recovery/guards/pause-policy.ts";
import type { PausableTarget } from "../../recovery/guards/pauses.ts";
import { inventoryOf } from "../inventory.ts";
import { isManual } from "../../recovery/recovery-request.ts";
import { stricterMode, type RemediationMode, type RemediationSettings } from "../alerts/policy.ts";
import type { RecoveryRecord } from "./recovery-queue.ts";
import type { SnapshotSource } from "../snapshot-source.ts";

export interface QueueRulesOptions {
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: Pick<RemediationSettings, "isEnabled" | "mode" | "policies"> };
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly collector: Pick<SnapshotSource, "snapshot">;
}

/** The rules for a recovery that waits. */
export class QueueRules {
  readonly #options: QueueRulesOptions;

  constructor(options: QueueRulesOptions) {
    this.#options = options;
  }

  /** A waiting recovery under the settings in force: a stricter mode applies to it too. Undefined drops it. */
  admit(record: RecoveryRecord): RecoveryRecord | undefined {
    const { trigger, options: asked } = record.request;
    if (isManual({ trigger })) return record;
    const mode = this.#modeOf(record);
    if (mode === "off" || (trigger === "alert" && !this.#options.live.remediation.isEnabled))
      return undefined;
    if (mode === "approve" && record.by === undefined && record.state === "queued")
      return { ...record, state: "waiting_for_approval" };
    if (mode !== "dry_run" || asked.dryRun) return record;
    const options = { ...asked, dryRun: true };
    return { ...record, request: { ...record.request, options } };
  }

  /** True while a pause covers the recovery: it then goes on waiting. */
  isPaused({ request }: RecoveryRecord): boolean {
    return this.#options.pausePolicy.findPause(this.#targetOf(request), request.trigger) !== undefined;
  }

  /**
   * True if an inspection after the recovery was queued found nothing to recover. Only a recovery by an alert is dropped:
   * one that a person asked for always runs.
   */
  isFaultGone({ request, queuedAt }: RecoveryRecord): boolean {
    const snapshot = this.#options.collector.snapshot();
    if (request.trigger !== "alert" || request.slotId === undefined || snapshot === undefined) return false;
    return snapshot.checkedAt > queuedAt && !inventoryOf(snapshot).faulty.has(request.slotId);
  }

  #modeOf({ policy: name }: RecoveryRecord): RemediationMode {
    const { mode, policies } = this.#options.live.remediation;
    const policy = policies.find((known) => known.name === name);
    return stricterMode(mode, policy?.mode ?? "live");
  }

  #targetOf({ slotId, options }: RecoveryRecord["request"]): PausableTarget {
    const snapshot = this.#options.collector.snapshot();
    const pool =
      slotId === undefined || snapshot === undefined ? undefined : inventoryOf(snapshot).slots.get(slotId);
    return { slotId, pool: pool ?? options.pool };
  }
}
