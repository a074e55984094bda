import { unsavedWorkKinds } from "../inspection/finding.ts";
import { gauge, pool, slot } from "./metric-definition.ts";

/** Depths that cost enough to be a schedule of their own. */
export const deepDepths = ["connectivity", "full"] as const;

/** What the deep checks of each slot found, or measured by the way. */
export const deepCheckMetrics = {
  slotUnsavedWork: gauge(
    "repo_pool_slot_unsaved_work",
    "1 for each kind of work that exists in the slot alone, while it does; unknown if none was seen and the slot changed since. Only if a deep inspection looked. Cached per collection.",
    { pool, slot, kind: unsavedWorkKinds },
  ),
  slotUnsavedWorkSeenAt: gauge(
    "repo_pool_slot_unsaved_work_checked_timestamp_seconds",
    "When the slot was last looked through for unsaved work, in seconds since 1970; absent before the first.",
    { pool, slot },
  ),
  slotDiskBytes: gauge(
    "repo_pool_slot_disk_bytes",
    "Size of the slot on disk in bytes, measured under a budget and thus possibly some collections old.",
    { pool, slot },
  ),
  slotVerifiedAt: gauge(
    "repo_pool_slot_verified_timestamp_seconds",
    "When the slot last passed a check of this depth, in seconds since 1970; absent before the first.",
    { pool, slot, depth: deepDepths },
  ),
};
