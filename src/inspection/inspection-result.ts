import type { LockFacts } from "../pool/locks/lock-inspection.ts";
import type { Clock } from "../platform/clock.ts";
import type { Pool } from "../pool/pool.ts";
import type { Depth } from "./finding.ts";
import type { InspectionMemory } from "./memory/inspection-memory.ts";
import type { SlotInspection } from "./slot-inspection.ts";

export interface InspectionSettings {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly timeZone: string;
  readonly clock: Clock;
  readonly deepTimeoutSeconds: number;
}

export interface InspectionScope {
  readonly pool?: string | undefined;
  readonly slotId?: string | undefined;
  readonly deep?: boolean | undefined;
  /** What is known from earlier looks; without one every slot is read in full. */
  readonly memory?: InspectionMemory | undefined;
  /** Told how many of the deep checks are done. */
  readonly onProgress?: ((doneCount: number, totalCount: number) => void) | undefined;
}

export interface InspectionError {
  readonly code: string;
  readonly slotId?: string;
  readonly path?: string;
  readonly detail: string;
}

export interface InspectedPoolFacts {
  readonly pool: Pool;
  readonly inspections: readonly SlotInspection[];
}

/** The facts of one collection. `errors` has what could not be looked at. */
export interface InspectionResult {
  readonly pools: readonly InspectedPoolFacts[];
  readonly locks: readonly LockFacts[];
  readonly errors: readonly InspectionError[];
  readonly filesystem: { readonly sizeBytes: number; readonly availBytes: number } | undefined;
  /** How many slots were looked at, by depth. */
  readonly verifications: ReadonlyMap<Depth, number>;
  /** How many of these looks could not be made. */
  readonly verificationFailures: ReadonlyMap<Depth, number>;
}
