import { dirname } from "node:path";
import { withGitScope } from "../../git/run/git-scope.ts";
import { acquireSlotLock, slotLockPath } from "../../pool/locks/slot-lock.ts";
import { asError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { refuseByControls, refuseBySlot } from "../guards/slot-guards.ts";
import type { Refusal } from "../guards/unattended-guards.ts";
import { assessSlot, type SlotAssessment } from "./assess-slot.ts";
import type { RecoveryAction } from "../recovery-action.ts";
import type { StepNote } from "../../journal/step-note.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import type { RunParts } from "./recovery-parts.ts";

export interface SlotName {
  readonly slotId: string;
  readonly repoName: string;
}

/** A slot while a run works on it: its lock is ours (a dry run takes none), and what is known of it is fresh. */
export class SlotSession {
  readonly parts: RunParts;
  readonly slot: SlotName;
  readonly stamp: string;
  /** The allocation ends in this run, or would in a dry run: the slot counts as lent no more. */
  isReleased = false;

  constructor(slot: SlotName, parts: RunParts) {
    this.slot = { slotId: slot.slotId, repoName: slot.repoName };
    this.parts = parts;
    this.stamp = parts.run.stamp();
  }

  look(): Promise<SlotAssessment | undefined> {
    const { inspection, thresholds, isDeep } = this.parts;
    return assessSlot(this.slot, { inspection, thresholds, isDeep });
  }

  /** The guards that are asked before each step. */
  refuse(look: SlotAssessment): Refusal | undefined {
    const { run, thresholds, inspection } = this.parts;
    const { request } = run;
    const now = inspection.clock.now();
    return refuseByControls(this.slot, this.parts) ?? refuseBySlot({ ...look, thresholds, now }, request);
  }

  /** Isolation is a person's wish or the ladder's end: only where the slot must not be written is it refused. */
  refuseIsolation({ pool, inspection }: SlotAssessment): Refusal | undefined {
    const { recordPath } = inspection.slot;
    if (isReallyInside(pool.directory, dirname(recordPath))) return undefined;
    return { reason: "unsafe_path", detail: `${recordPath} leads out of the pool` };
  }

  isStopped(): boolean {
    return this.parts.controls.signal?.aborted === true;
  }

  context(look: SlotAssessment, note: StepNote): RecoveryContext {
    const { inspection: settings, thresholds, salvageExclude, knownGood, run } = this.parts;
    const { trigger, options } = run.request;
    return {
      ...{ ...settings, thresholds, salvageExclude, knownGood, trigger, options, note, stamp: this.stamp },
      pool: look.pool,
      slot: look.inspection.slot,
      inspection: look.inspection,
      reasons: look.reasons,
    };
  }

  subject(action: RecoveryAction, reason: string) {
    return { ...this.slot, action, reason, stamp: this.stamp };
  }
}

/**
 * Runs a task with the slot lock held; a held lock refuses it with the given action. The git commands of the task
 * inherit the lock, so that it stays held until they have ended, should we be killed. Never throws.
 */
export async function withSlotSession(
  slot: SlotName,
  action: RecoveryAction,
  parts: RunParts,
  task: (session: SlotSession) => Promise<void>,
): Promise<void> {
  const { run, inspection } = parts;
  const session = new SlotSession(slot, parts);
  try {
    const refusal = refuseByControls(slot, parts);
    if (refusal !== undefined) {
      run.refuse({ ...session.slot, action }, refusal);
      return;
    }
    if (run.request.options.dryRun) {
      await task(session);
      return;
    }
    const lock = await acquireSlotLock(slotLockPath(inspection.workspacesDir, slot.slotId), {
      timeoutSeconds: run.request.options.lockTimeoutSeconds,
      clock: inspection.clock,
    });
    if (lock.kind === "busy") {
      run.refuse({ ...session.slot, action }, { reason: "lock_held", detail: lock.detail });
      return;
    }
    try {
      const scope = { inheritedDescriptors: [lock.descriptor], recoveryId: run.request.recoveryId };
      await withGitScope(scope, () => task(session));
    } finally {
      lock.release();
    }
  } catch (error) {
    run.fail(slot.repoName, `${slot.slotId}: ${asError(error).message}`);
  }
}
