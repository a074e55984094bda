import type { Pool, Slot } from "../pool/pool.ts";

/** How the use of a slot ended. */
export type ReleaseEnd =
  | {
      readonly kind: "released";
      /** What does not stop the slot from being used, such as a remote that could not be reached. */
      readonly warnings: readonly string[];
      readonly salvageId: string | undefined;
    }
  | {
      /** The allocation has ended, and the slot is out of rotation: its metadata says why. */
      readonly kind: "unusable";
      readonly reason: "corrupted" | "salvage_incomplete" | "cleanup_failed";
      readonly detail: string;
      readonly salvageId: string | undefined;
    }
  /** There is no room for what has to be saved first: the slot is as it was, and a later release may succeed. */
  | { readonly kind: "refused"; readonly reason: "disk_space"; readonly detail: string };

/**
 * Ends the use of a slot whose lock is held: work is saved, then the slot is fetched, cleaned and reset, and is available;
 * its branch stays. The one implementation is lending's.
 */
export type SlotRelease = (held: { readonly pool: Pool; readonly slot: Slot }) => Promise<ReleaseEnd>;
