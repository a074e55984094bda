import type { SalvageSettings } from "../salvage/save/save-work.ts";
import type { Thresholds } from "../anomalies/thresholds.ts";
import type { KnownGoodStore } from "../inspection/memory/known-good.ts";
import type { Clock } from "../platform/clock.ts";
import type { Slot, SlotRecordReading } from "../pool/pool.ts";
import type { SourceSettings } from "../pool/sources/source.ts";

/** What the functions of this folder work with. */
export interface LendingContext {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly timeZone: string;
  /** Their slots are not allocated: a name of one is told from one that is not there. */
  readonly sources: readonly SourceSettings[];
  readonly clock: Clock;
  /** Where each allocation and release is remembered: slot.json is among the files of a clone, and an agent may lose it. */
  readonly knownGood: KnownGoodStore;
  readonly thresholds: Thresholds;
  /** How long to wait for a slot lock. */
  readonly lockTimeoutSeconds: number;
  /** What one git command of a clean-up may take. */
  readonly cleanupTimeoutSeconds: number;
  readonly salvage: SalvageSettings;
}

/** Why a pool or slot was left as it was: a result, not an error. */
export const lendingRefusals = [
  "lock_held",
  "lock_unusable",
  "not_available",
  "not_allocated",
  "allocated",
  "isolated",
  "corrupted",
  "disk_space",
  "state_unwritable",
  "salvage_incomplete",
  "cleanup_failed",
  "unsafe_path",
  "unsafe_url",
  "pool_metadata_invalid",
  "clone_failed",
  "other_file_system",
  "needed_elsewhere",
] as const;
export type LendingRefusal = (typeof lendingRefusals)[number];

export interface Refused {
  readonly kind: "refused";
  readonly reason: LendingRefusal;
  readonly detail: string;
}

export function refused(reason: LendingRefusal, detail: string): Refused {
  return { kind: "refused", reason, detail };
}

/** A slot whose record could be read: `reading` is known to be valid. */
export type ReadableSlot = Slot & { readonly reading: Extract<SlotRecordReading, { kind: "valid" }> };

export function isReadable(slot: Slot): slot is ReadableSlot {
  return slot.reading.kind === "valid";
}
