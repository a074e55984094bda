import type { Snapshot } from "../anomalies/snapshot.ts";

/** Inspects the pools from time to time, and keeps the last result. */
export interface SnapshotSource {
  /** Undefined before the first inspection has ended. */
  snapshot(): Snapshot | undefined;
  /** Inspects the pools now. Never rejects. */
  collect(): Promise<void>;
}
