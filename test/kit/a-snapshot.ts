import type { CorruptedSlot, LongAllocatedSlot, OrphanedLock } from "../../src/anomalies/anomaly.ts";
import type { PoolSnapshot, SlotSnapshot, Snapshot } from "../../src/anomalies/snapshot.ts";
import { formatSlotId } from "../../src/pool/slot-id.ts";

export const snapshotTime = new Date("2026-05-04T12:00:00Z");

/** A healthy slot that nobody uses. */
export function aSlot(given: Partial<SlotSnapshot> = {}): SlotSnapshot {
  return {
    slotId: formatSlotId(given.repoName ?? "demo", 1),
    repoName: "demo",
    path: "/pools/demo/slot1",
    state: "available",
    branch: "main",
    commit: "0123456789abcdef0123456789abcdef01234567",
    allocationCount: 0,
    totalUsageSeconds: 0,
    allocatedAt: undefined,
    activity: undefined,
    lastActivityAt: undefined,
    processes: undefined,
    isolatedAt: undefined,
    isolationReason: undefined,
    unsavedWork: undefined,
    unsavedWorkSeenAt: undefined,
    changedAt: undefined,
    lock: { kind: "free" },
    isBlocked: false,
    diskBytes: undefined,
    verifiedAt: {},
    probedAt: snapshotTime,
    reasons: [],
    evidence: [],
    faultySince: undefined,
    ...given,
  };
}

/** A readable pool of the given slots; the counts follow from them. */
export function aPool(given: Partial<PoolSnapshot> = {}): PoolSnapshot {
  const slots = given.slots ?? [aSlot({ repoName: given.repoName ?? "demo" })];
  const states = { available: 0, allocated: 0, cleaning: 0, error: 0 };
  for (const { state } of slots) if (state !== undefined) states[state] += 1;
  return {
    repoName: "demo",
    layout: "clone",
    directory: "/pools/demo",
    repoUrl: "https://git.example/demo.git",
    isUp: true,
    numSlots: slots.length,
    states,
    problems: [],
    slots,
    maxAllocationSeconds: 86_400,
    staleLockSeconds: 3600,
    ...given,
  };
}

export function aSnapshot(given: Partial<Snapshot> = {}): Snapshot {
  return {
    checkedAt: snapshotTime,
    durationSeconds: 0.02,
    isDeep: false,
    pools: [aPool()],
    anomalies: { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [] },
    isolatedSlots: [],
    problems: [],
    errors: [],
    inventory: { isReadable: true, knownPools: ["demo"], gonePools: [] },
    filesystem: undefined,
    verifications: new Map(),
    verificationFailures: new Map(),
    ...given,
  };
}

export function aLongAllocatedSlot(given: Partial<LongAllocatedSlot> = {}): LongAllocatedSlot {
  return {
    kind: "long_allocated_slot",
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    reason: "allocation_too_old",
    allocatedHours: 30,
    activity: "idle",
    lastActivityAt: undefined,
    ...given,
  };
}

export function aCorruptedSlot(given: Partial<CorruptedSlot> = {}): CorruptedSlot {
  return {
    kind: "corrupted_slot",
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    reasons: ["head_invalid"],
    detail: "HEAD is empty",
    ...given,
  };
}

export function anOrphanedLock(given: Partial<OrphanedLock> = {}): OrphanedLock {
  const slotId = given.slotId ?? "workspace-demo-slot9";
  return {
    kind: "orphaned_lock",
    slotId,
    repoName: "demo",
    path: `/pools/locks/${slotId}.lock`,
    reason: "no_such_slot",
    ownerUid: 1000,
    ageHours: 48,
    ...given,
  };
}

/** Something of everything that can go wrong, in two pools, with one that cannot be read. */
export function aBrokenSnapshot(): Snapshot {
  const hourAgo = new Date(snapshotTime.getTime() - 3_600_000);
  const dayAgo = new Date(snapshotTime.getTime() - 30 * 3_600_000);
  const slots = [
    aSlot({ allocationCount: 7, totalUsageSeconds: 5400.5, diskBytes: 1_048_576 }),
    aSlot({
      slotId: "workspace-demo-slot2",
      state: "allocated",
      allocatedAt: dayAgo,
      lastActivityAt: hourAgo,
      lock: { kind: "held", holders: [{ pid: 42, command: "agent" }] },
      unsavedWork: ["uncommitted", "stash"],
      verifiedAt: { connectivity: hourAgo, full: dayAgo, probe: hourAgo },
    }),
    aSlot({ slotId: "workspace-demo-slot3", state: "error", isolatedAt: hourAgo }),
    aSlot({ slotId: "workspace-demo-slot4", state: undefined, lock: { kind: "unknown" } }),
  ];
  const trees = aPool({
    repoName: "trees",
    layout: "worktree",
    isUp: false,
    numSlots: undefined,
    slots: [],
    problems: [
      { code: "pool_metadata_invalid", detail: "pool.json is empty" },
      { code: "main_repo_head_invalid", detail: "HEAD is empty" },
    ],
  });
  return aSnapshot({
    pools: [aPool({ slots }), trees],
    anomalies: {
      longAllocatedSlots: [aLongAllocatedSlot({ slotId: "workspace-demo-slot2" })],
      corruptedSlots: [
        aCorruptedSlot({ slotId: "workspace-demo-slot4", reasons: ["slot_json_invalid", "index_corrupt"] }),
      ],
      orphanedLocks: [
        anOrphanedLock(),
        anOrphanedLock({ slotId: "workspace-ghost-slot1", repoName: "ghost" }),
        anOrphanedLock({ slotId: 'not "a" slot\n', repoName: "" }),
      ],
    },
    filesystem: { sizeBytes: 1e12, availBytes: 5e11 },
  });
}
