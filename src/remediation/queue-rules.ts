import type { PausePolicy } from "../recovery/guards/pause-policy.ts";
import type { PausableTarget } from "../recovery/guards/pauses.ts";
import { inventoryOf } from "./inventory.ts";
import type { RemediationSettings } from "./policy.ts";
import type { RecoveryRecord } from "./recovery-queue.ts";
import type { SnapshotSource } from "./snapshot-source.ts";

export interface QueueRulesOptions {
  /** Asked each time: a reload changes them. */
  readonly live: { readonly remediation: Pick<RemediationSettings, "isEnabled" | "mode"> };
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly collector: Pick<SnapshotSource, "snapshot">;
}

/** What a waiting recovery is judged by while it waits. */
export class QueueRules {
  readonly #options: QueueRulesOptions;

  constructor(options: QueueRulesOptions) {
    this.#options = options;
  }

  /** A saved recovery under today's settings: a mode that became stricter also holds for what waited. Undefined drops it. */
  admitSaved(record: RecoveryRecord): RecoveryRecord | undefined {
    const { isEnabled, mode } = this.#options.live.remediation;
    if (record.request.trigger !== "alert") return record;
    if (!isEnabled || mode === "off") return undefined;
    if (mode === "approve" && record.by === undefined) return { ...record, state: "waiting_for_approval" };
    if (mode !== "dry_run") return record;
    const options = { ...record.request.options, dryRun: true };
    return { ...record, request: { ...record.request, options } };
  }

  /** True while a pause covers the recovery: it then goes on waiting. */
  isPaused({ request }: RecoveryRecord): boolean {
    return this.#options.pausePolicy.findPause(this.#targetOf(request), request.trigger) !== undefined;
  }

  /**
   * True if a look at the pools after the recovery was queued shows nothing left to recover. Only what an alert asked
   * for is dropped: what a person asked for always runs.
   */
  isFaultGone({ request, queuedAt }: RecoveryRecord): boolean {
    const snapshot = this.#options.collector.snapshot();
    if (request.trigger !== "alert" || request.slotId === undefined || snapshot === undefined) return false;
    return snapshot.checkedAt > queuedAt && !inventoryOf(snapshot).faulty.has(request.slotId);
  }

  #targetOf({ slotId, options }: RecoveryRecord["request"]): PausableTarget {
    const snapshot = this.#options.collector.snapshot();
    const pool =
      slotId === undefined || snapshot === undefined ? undefined : inventoryOf(snapshot).slots.get(slotId);
    return { slotId, pool: pool ?? options.pool };
  }
}
