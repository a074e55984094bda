import type { Pool, Slot } from "../pool/pool.ts";
import type { StorageFault } from "../salvage/storage-fault.ts";

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
  /** Work could not be saved, or the clean-up not begun. The slot is as it was; a later release may succeed. */
  | ({ readonly kind: "refused" } & StorageFault);

/**
 * Ends the use of a slot while its lock is held: fetches, saves its work, then cleans and resets it, and makes it available.
 * Its branch stays. The one implementation is in `lending/`.
 */
export type SlotRelease = (held: { readonly pool: Pool; readonly slot: Slot }) => Promise<ReleaseEnd>;
