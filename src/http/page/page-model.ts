import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { WindowState } from "../../schedule/cron-windows.ts";
import type { Pause } from "../../recovery/guards/pauses.ts";
import type { RemediationMode } from "../../remediation/alerts/policy.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { Salvage } from "../../views/salvage.ts";
import type { PageVisitor } from "./page-visitor.ts";
import type { SlotQuery } from "./slot-query.ts";

/** What every page of a sidecar is made of. */
export interface PageFacts extends PageVisitor {
  readonly now: Date;
  readonly version: string;
  readonly telemetryPath: string;
  readonly snapshot: Snapshot | undefined;
  readonly recoveries: readonly Recovery[];
  /** What runs that no person started may do. */
  readonly recoveryMode: RemediationMode;
  readonly maintenanceWindows: readonly WindowState[];
  readonly pauses: readonly Pause[];
  readonly salvages: readonly Salvage[];
}

/** All that the status page shows: it is rendered from this value alone. */
export interface PageModel extends PageFacts {
  /** What of the slots is listed. */
  readonly query: SlotQuery;
  /** The plan of a dry run that the visitor asked for. */
  readonly preview?: Recovery;
  /** The result of the button that was pressed. */
  readonly notice?: string;
}
