import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { MaintenanceWindow } from "../../recovery/guards/pause-policy.ts";
import type { Pause } from "../../recovery/guards/pauses.ts";
import type { RemediationMode } from "../../remediation/alerts/policy.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { Salvage } from "../../views/salvage.ts";

/** All that the page shows: it is rendered from this value alone. */
export interface PageModel {
  readonly now: Date;
  readonly version: string;
  readonly telemetryPath: string;
  readonly snapshot: Snapshot | undefined;
  readonly recoveries: readonly Recovery[];
  /** What runs that no person started may do. */
  readonly recoveryMode: RemediationMode;
  readonly maintenanceWindows: readonly MaintenanceWindow[];
  readonly pauses: readonly Pause[];
  readonly salvages: readonly Salvage[];
  /** Undefined if the visitor may only look. */
  readonly writer: PageWriter | undefined;
  /** The plan of a dry run that the visitor asked for. */
  readonly preview: Recovery | undefined;
  /** What became of the button that was pressed. */
  readonly notice: string | undefined;
}

export interface PageWriter {
  readonly operator: string;
  readonly formToken: string;
}
