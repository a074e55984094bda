import type { SalvageSettings } from "../../salvage/save/save-work.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import type { KnownGoodStore } from "../../inspection/memory/known-good.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import type { StepNote } from "../../journal/step-note.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Trigger } from "../../journal/trigger.ts";
import type { ActionOutcome } from "../recovery-action.ts";
import type { SlotRelease } from "../slot-release.ts";
import type { RepairReason } from "../plan/fault-parts.ts";
import type { Refusal } from "../refusal.ts";
import type { RecoveryOptions } from "../plan/recovery-options.ts";
import type { SalvageResult } from "../../salvage/save/save-work.ts";

/** What one action on one slot works with. The slot lock is held while it exists. */
export interface RecoveryContext {
  readonly pool: Pool;
  readonly slot: Slot;
  readonly inspection: SlotInspection;
  /** What is wrong with the slot. */
  readonly reasons: readonly RepairReason[];
  /** See `Fault`. */
  readonly ownReasons?: readonly RepairReason[];
  /** The reasons are all that a complete deep check found. */
  readonly isProven: boolean;
  /** A step of this run replaced the slot's files: what was in it is saved, and nothing of it is left to be found. */
  readonly hasReplacedWork: boolean;
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly timeZone: string;
  readonly thresholds: Thresholds;
  readonly clock: Clock;
  /** The longest time that a network command and a deep check may take. */
  readonly deepTimeoutSeconds: number;
  readonly salvage: SalvageSettings;
  /** What slots and pools were when they were last healthy. */
  readonly knownGood: KnownGoodStore;
  /** A name for what this step puts aside, unique in time. */
  readonly stamp: string;
  /** Asked again before what took long is moved into the slot's place. */
  readonly refuseTaken: () => Refusal | undefined;
  readonly trigger: Trigger;
  readonly options: RecoveryOptions;
  readonly releaseSlot: SlotRelease;
  /** Outside a step, as between two steps, it notes nothing. */
  readonly note: StepNote;
}

/** How a step ended. */
export interface ActionResult {
  readonly outcome: Extract<ActionOutcome, "done" | "no_effect" | "refused" | "failed">;
  readonly reason?: string;
  readonly detail: string;
  readonly salvageId?: string;
}

/** What a step reports of the salvage that came before it. */
export function salvageOf(saved: SalvageResult): Pick<ActionResult, "salvageId"> {
  return saved.kind === "saved" ? { salvageId: saved.salvageId } : {};
}

/** The end of a step whose salvage is incomplete. */
export function refuseUnsaved({
  reason,
  detail,
}: Extract<SalvageResult, { kind: "incomplete" }>): ActionResult {
  return { outcome: "refused", reason, detail };
}
