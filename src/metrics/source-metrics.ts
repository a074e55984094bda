import { ownerEvidence } from "../inspection/slot-owner.ts";
import { registrationStates } from "../pool/pool.ts";
import { gauge, pool, slot, type MetricDefinition } from "./metric-definition.ts";

/** What only sources without a pool manager have. */
export const sourceMetrics = {
  slotOwner: gauge(
    "repo_pool_slot_owner_info",
    "What shows that somebody uses the slot, as 1: unseen if nobody can be ruled out, none if nobody does; only of sources without a pool manager. Cached per collection.",
    { pool, slot, evidence: ownerEvidence },
  ),
  registrations: gauge(
    "repo_pool_registrations",
    "Linked work trees of a repository: present, missing (registered and gone), suspect (several are gone at once: probably seen from the wrong place), away (gone and locked by git worktree lock), or unregistered (there and not registered, or moved). Only of sources of kind worktrees. Cached per collection.",
    { pool, state: registrationStates },
  ),
  reclaimableBytes: gauge(
    "repo_pool_reclaimable_bytes",
    "Bytes on disk of the slots that nobody uses and that were without activity for longer than idle_after, as far as their size was measured; only of sources without a pool manager. Cached per collection.",
    { pool },
  ),
} as const satisfies Record<string, MetricDefinition>;
