import type { RecoveryRun } from "./recovery-run.ts";
import type { SalvageSettings } from "../../salvage/save/save-work.ts";
import type { Thresholds } from "../../anomalies/thresholds.ts";
import type { InspectionSettings } from "../../inspection/inspection-result.ts";
import type { KnownGoodStore } from "../../inspection/memory/known-good.ts";
import type { PausePolicy } from "../guards/pause-policy.ts";
import type { UnattendedLimits } from "../guards/unattended-guards.ts";
import type { RecoveryRequest } from "../recovery-request.ts";
import type { SlotRelease } from "../slot-release.ts";
import type { RunControls } from "./run-controls.ts";

/** The `recovery` section of the configuration, as far as a run needs it. */
export interface RecoverySettings extends UnattendedLimits {
  /** Slots worked on at once. */
  readonly concurrency: number;
  /** How many passes a run makes over what remains. */
  readonly passes: number;
  readonly passWaitSeconds: number;
  /** How long one slot may take. Then its git commands are ended, so that waiting slots get their turn. */
  readonly slotTimeoutSeconds: number;
  /** Share of the file system that stays free when a clone or a salvage is made. */
  readonly minFreeRatio: number;
}

/** What everything in one run works with, whether it acts or only plans. */
export interface RunParts {
  readonly request: RecoveryRequest;
  readonly controls: RunControls;
  readonly pausePolicy: Pick<PausePolicy, "findPause">;
  readonly inspection: InspectionSettings;
  /** With the run's own `maxAllocationHours`. */
  readonly thresholds: Thresholds;
  readonly settings: RecoverySettings;
  readonly knownGood: KnownGoodStore;
  readonly salvage: SalvageSettings;
  readonly releaseSlot: SlotRelease;
  /** Every inspection is a deep check. */
  readonly isDeep: boolean;
  /** Pools whose main repository was cloned again in this run, or could not be: it is not tried for each slot again. */
  readonly rebuiltPools: Set<string>;
}

/** What everything in a run that acts works with. */
export interface LiveParts {
  readonly parts: RunParts;
  readonly run: RecoveryRun;
}
