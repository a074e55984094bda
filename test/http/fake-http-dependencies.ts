import { createCheckReport } from "../../src/views/check-report.ts";
import type { HttpDependencies } from "../../src/http/http-dependencies.ts";
import type { Recovery } from "../../src/views/recovery.ts";
import type { PoolOperations } from "../../src/http/pool-operations.ts";
import type { Pause } from "../../src/recovery/guards/pauses.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import type { Snapshot, SlotSnapshot } from "../../src/anomalies/snapshot.ts";

export const now = new Date("2026-05-04T12:00:00Z");

export function aSlotSnapshot(given: Partial<SlotSnapshot> = {}): SlotSnapshot {
  return {
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    path: "/pools/demo/slot1",
    state: "available",
    branch: "main",
    commit: "0123456789abcdef0123456789abcdef01234567",
    allocationCount: 3,
    totalUsageSeconds: 5400,
    allocatedAt: undefined,
    activity: undefined,
    lastActivityAt: undefined,
    processes: undefined,
    isolatedAt: undefined,
    isolationReason: undefined,
    unsavedWork: [],
    unsavedWorkSeenAt: new Date(now.getTime() - 3_600_000),
    changedAt: new Date(now.getTime() - 7_200_000),
    lock: { kind: "free" },
    isBlocked: false,
    diskBytes: 1_048_576,
    verifiedAt: {},
    probedAt: new Date(now.getTime() - 20_000),
    reasons: [],
    evidence: [],
    faultySince: undefined,
    ...given,
  };
}

export function aSnapshotOf(slots: readonly SlotSnapshot[], given: Partial<Snapshot> = {}): Snapshot {
  const states = { available: 0, allocated: 0, cleaning: 0, error: 0 };
  for (const slot of slots) if (slot.state !== undefined) states[slot.state] += 1;
  return {
    checkedAt: new Date(now.getTime() - 5000),
    durationSeconds: 0.02,
    isDeep: false,
    pools: [
      {
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
        staleLockSeconds: 86_400,
      },
    ],
    anomalies: { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [] },
    isolatedSlots: [],
    inventory: { isReadable: true, knownPools: ["demo"], gonePools: [] },
    problems: [],
    errors: [],
    filesystem: { sizeBytes: 1e12, availBytes: 5e11 },
    ...given,
  };
}

export function aRecovery(given: Partial<Recovery> = {}): Recovery {
  return {
    recoveryId: "rec-1",
    task: "recover",
    status: "waiting_for_approval",
    trigger: "alert",
    requestedBy: "RepoPoolSlotCorrupted",
    slotId: "workspace-demo-slot1",
    dryRun: false,
    requestedAt: new Date(now.getTime() - 60_000),
    finishedAt: undefined,
    expiresAt: new Date(now.getTime() + 3_600_000),
    actions: [],
    errors: [],
    ...given,
  };
}

type Record = <T>(name: string, argument: unknown, result: T) => T;

function fakeOperations(record: Record): PoolOperations {
  const done =
    <const Answer>(name: keyof PoolOperations, answer: Answer) =>
    (request: unknown) =>
      Promise.resolve(record(name, request, { kind: "done", answer } as const));
  const slot = {
    slot_id: "workspace-demo-slot1",
    repo_name: "demo",
    slot_path: "/pools/demo/slot1",
    state: "allocated",
  };
  const states = { available: 1, allocated: 0, cleaning: 0, error: 0 };
  const counts = { unreadable: 0, total_allocations: 0, total_usage_seconds: 0 };
  const lent = { slot, path: "/pools/demo/slot1", warnings: [] };
  return {
    createPool: done("createPool", { repo_name: "fresh", layout: "clone", num_slots: 1, states, ...counts }),
    addSlot: done("addSlot", slot),
    allocate: done("allocate", lent),
    release: done("release", lent),
    forgetPool: done("forgetPool", { removed: "demo" }),
    removeSlot: done("removeSlot", { slot_id: slot.slot_id, moved_to: ["/state/q"], salvage_id: null }),
    isolate: done("isolate", { slot_id: slot.slot_id, isolated: true }),
    unlock: done("unlock", { kind: "not_locked", detail: "nobody holds it" }),
    heartbeat: done("heartbeat", { slot_id: slot.slot_id, heartbeat_at: now.toISOString() }),
    listLocks: () => Promise.resolve([]),
    cleanLocks: done("cleanLocks", { orphaned_locks_cleaned: 0, errors: [] }),
    pruneSalvages: done("pruneSalvages", { dry_run: false, removed: [], errors: [] }),
  };
}

/** Dependencies that remember what they were asked, each method replaceable. */
export function fakeHttpDependencies(given: Partial<HttpDependencies> = {}) {
  const calls: { name: string; argument: unknown }[] = [];
  const record = <T>(name: string, argument: unknown, result: T): T => {
    calls.push({ name, argument });
    return result;
  };
  const pauses: Pause[] = [];
  const dependencies: HttpDependencies = {
    version: "0.1.0",
    runbooksDir: "docs/runbooks",
    clock: { now: () => now, sleep: () => Promise.resolve() },
    logger: silentLogger,
    snapshot: () => aSnapshotOf([aSlotSnapshot()]),
    checkReport: (snapshot) => createCheckReport(snapshot),
    exposition: {
      render: () =>
        Promise.resolve({
          contentType: "text/plain; version=0.0.4; charset=utf-8",
          contentEncoding: undefined,
          body: Buffer.from("repo_pool_up 1\n"),
        }),
    },
    notReadyReason: () => undefined,
    isRemediationEnabled: () => true,
    receiveAlerts: (payload) =>
      record("receiveAlerts", payload, {
        kind: "accepted",
        decisions: [
          { fingerprint: "aa", status: "firing", decision: "queued", slotId: "workspace-demo-slot1" },
        ],
      } as const),
    onWrongCredentials: (method) => {
      record("onWrongCredentials", method, undefined);
    },
    onRejected: (reason) => {
      record("onRejected", reason, undefined);
    },
    recoveries: {
      list: () => [aRecovery()],
      get: (id) => (id === "rec-1" ? aRecovery() : undefined),
      submit: (submission) =>
        Promise.resolve(record("submit", submission, { kind: "queued", recoveryId: "rec-2" })),
      decide: (request) => record("decide", request, { kind: "done" }),
    },
    operations: fakeOperations(record),
    recoveryMode: () => "dry_run",
    isLeader: () => true,
    maintenanceWindows: () => [],
    pauses: () => pauses,
    pause: (pause) => record("pause", pause, { kind: "paused" }),
    resume: (request) => record("resume", request, { kind: "resumed" }),
    reload: (request) => Promise.resolve(record("reload", request, { kind: "reloaded", restartNeeded: [] })),
    commandLine: (...words) => ["repo-pool-sidecar", ...words, "--workspaces-dir", "/pools"].join(" "),
    salvages: () => [],
    ...given,
  };
  return {
    dependencies,
    calls,
    callsOf: (name: string) => calls.filter((call) => call.name === name).map((call) => call.argument),
  };
}
