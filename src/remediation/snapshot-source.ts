import type { Snapshot } from "../anomalies/snapshot.ts";

/** Looks at the pools now and then, and keeps what the last look showed. */
export interface SnapshotSource {
  /** Undefined before the first look has ended. */
  snapshot(): Snapshot | undefined;
  /** Looks now. Never rejects. */
  collect(): Promise<void>;
}
