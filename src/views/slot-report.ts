import type { Snapshot } from "../anomalies/snapshot.ts";
import type { Hold } from "../pool/sources/holds.ts";
import type { Removed } from "../lending/remove-slot.ts";

/** What `slots --json` prints of each slot. */
export function createSlotReports({ pools }: Pick<Snapshot, "pools">) {
  return pools.flatMap(({ slots }) =>
    slots.map((slot) => ({
      slot_id: slot.slotId,
      repo_name: slot.repoName,
      slot_path: slot.path,
      state: slot.state ?? null,
      current_branch: slot.branch ?? null,
      current_commit: slot.commit ?? null,
      allocated_at: slot.allocatedAt?.toISOString() ?? null,
      isolation_reason: slot.isolationReason ?? null,
      lock: slot.lock.kind,
      reasons: slot.reasons,
    })),
  );
}

/** What `heartbeat --json` prints. */
export function createHeartbeatReport(slotId: string, heartbeatAt: Date) {
  return { slot_id: slotId, heartbeat_at: heartbeatAt.toISOString() };
}

/** What `pool remove-slot --json` prints. */
export function createRemovedSlotReport(slotId: string, { movedTo, salvageId }: Removed) {
  return { slot_id: slotId, moved_to: movedTo, salvage_id: salvageId ?? null };
}

/** What `hold --json` prints. */
export function createHoldReport({ path, owner, since, until }: Hold) {
  return { slot_path: path, owner, since: since.toISOString(), until: until.toISOString() };
}

/** What `release PATH --json` prints of a work tree that no pool manager allocates. */
export function createReleasedHoldReport(path: string, isEnded: boolean) {
  return { slot_path: path, was_held: isEnded };
}
