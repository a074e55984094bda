import { describe, expect, test } from "vitest";
import type { PoolSnapshot } from "../../../src/anomalies/snapshot.ts";
import { defaultRecoveryOptions, type RecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import { hasWork, selectTargets, withFoundFault } from "../../../src/recovery/plan/select-targets.ts";
import { aLongAllocatedSlot, aPool, aSlot } from "../../kit/a-snapshot.ts";
import { aFinding } from "../../kit/an-inspection.ts";
import { aRequest, aTarget } from "./plan-kit.ts";

const [one, two] = ["workspace-demo-slot1", "workspace-demo-slot2"];
const corrupted = (slotId: string) =>
  ({ kind: "corrupted_slot", slotId, repoName: "demo", reasons: ["head_invalid"], detail: "HEAD" }) as const;
const lock = {
  ...{ kind: "orphaned_lock", slotId: "workspace-demo-slot9", repoName: "demo" },
  ...{ path: "/locks/workspace-demo-slot9.lock", reason: "no_such_slot", ownerUid: 1000, ageHours: 48 },
} as const;
const snapshot = {
  anomalies: {
    longAllocatedSlots: [aLongAllocatedSlot({ slotId: one })],
    corruptedSlots: [corrupted(one), corrupted(two)],
    orphanedLocks: [lock],
  },
  pools: [],
  isolatedSlots: [] as { slotId: string; repoName: string; isolatedAt: Date; reason: string }[],
};
const isolated = [{ slotId: two, repoName: "demo", isolatedAt: new Date(0), reason: "by hand" }];

function select(
  options: Partial<RecoveryOptions>,
  given: Partial<Parameters<typeof aRequest>[0]> = {},
  isolatedSlots: typeof snapshot.isolatedSlots = [],
) {
  const request = aRequest({ options: { ...defaultRecoveryOptions, ...options }, ...given });
  return selectTargets({ ...snapshot, isolatedSlots } as never, request);
}

test("a slot with an anomaly of each kind is one target", () => {
  const { slots, lockMoves } = select({ forceReleaseLongAllocated: true });
  expect(slots).toMatchObject([
    { slotId: one, release: { reason: "allocation_too_old" }, repair: { reasons: ["head_invalid"] } },
    { slotId: two, release: undefined, repair: { reasons: ["head_invalid"] } },
  ]);
  expect(lockMoves).toEqual([lock]);
});

test("what the options leave out is no target", () => {
  const none = { recoverCorrupted: false, cleanupOrphanedLocks: false, forceReleaseLongAllocated: false };
  expect(select(none)).toEqual({ slots: [], lockMoves: [], leftIsolated: [] });
  expect(select({ ...none, forceReleaseLongAllocated: true }).slots).toMatchObject([
    { slotId: one, repair: undefined },
  ]);
});

test("an isolated slot is left to a person, and said to be", () => {
  const { slots, leftIsolated } = select({}, {}, isolated);
  expect(slots.map(({ slotId }) => slotId)).toEqual([one]);
  expect(leftIsolated.map(({ slotId }) => slotId)).toEqual([two]);
});

test("a person who names an isolated slot brings the run to it, an alert does not", () => {
  const byPerson = select({}, { slotId: two, trigger: "command" }, isolated);
  expect(byPerson).toMatchObject({ slots: [{ slotId: two, isIsolated: true }], leftIsolated: [] });
  expect(select({}, { slotId: two, trigger: "alert" }, isolated).slots).toEqual([]);
});

test("a named slot is a target before anything is known to be wrong with it", () => {
  const slotId = "workspace-demo-slot3";
  const { slots, lockMoves } = select({}, { slotId, trigger: "command" });
  expect(slots).toEqual([
    { slotId, repoName: "demo", release: undefined, repair: undefined, isIsolated: false },
  ]);
  expect(slots.some(hasWork)).toBe(false);
  expect(lockMoves).toEqual([]);
});

test("a fault that a look at a named slot shows becomes the target's, unless faults are not to be repaired", () => {
  const found = { reasons: ["object_corrupt"], detail: "an object" } as const;
  const options = { ...defaultRecoveryOptions, recoverCorrupted: false };
  const repairs = [
    withFoundFault(aTarget(), found, aRequest({ slotId: one })),
    withFoundFault(aTarget({ repair: corrupted(one) }), found, aRequest({ slotId: one })),
    withFoundFault(aTarget(), { reasons: [], detail: "" }, aRequest({ slotId: one })),
    withFoundFault(aTarget(), found, aRequest()),
    withFoundFault(aTarget(), found, aRequest({ slotId: one, options })),
  ].map(({ repair }) => repair?.detail);
  expect(repairs).toEqual(["an object", "HEAD", undefined, undefined, undefined]);
});

test("a name that is a lock's and no slot's selects the lock", () => {
  expect(select({}, { slotId: lock.slotId, trigger: "alert" }).lockMoves).toEqual([lock]);
});

test("rights that keep a slot's user out are repaired like a fault, and tell nothing beside one", () => {
  const evidence = [aFinding("ownership")];
  const pools = [aPool({ slots: [aSlot({ slotId: one, evidence }), aSlot({ slotId: two, evidence })] })];
  const anomalies = { longAllocatedSlots: [], corruptedSlots: [corrupted(one)], orphanedLocks: [] };
  const { slots } = selectTargets({ anomalies, pools, isolatedSlots: [] }, aRequest());
  expect(slots.map(({ slotId, repair }) => [slotId, repair?.reasons])).toEqual([
    [one, ["head_invalid"]],
    [two, ["ownership"]],
  ]);
});

describe("a slot of a source", () => {
  const source = { name: "agents", allow: ["repair"] } as unknown as NonNullable<PoolSnapshot["source"]>;
  const tree = "agents-tree-1";
  const sources = [
    aPool({ repoName: "other", slots: [aSlot({ slotId: "other-1", repoName: "other" })] }),
    aPool({
      repoName: "agents",
      source,
      slots: [aSlot({ slotId: tree }), aSlot({ slotId: "agents-tree-2" })],
    }),
  ];
  const anomalies = { ...snapshot.anomalies, corruptedSlots: [corrupted(one), corrupted(tree)] };
  const slotsFor = (given: Parameters<typeof aRequest>[0], isolatedSlots = snapshot.isolatedSlots) =>
    selectTargets({ anomalies, pools: sources, isolatedSlots } as never, aRequest(given)).slots;

  test("is a target only of a run that names it: nobody records who uses it", () => {
    expect(slotsFor({}).map(({ slotId }) => slotId)).toEqual([one]);
    expect(slotsFor({ slotId: tree, trigger: "alert" })).toMatchObject([
      { slotId: tree, repoName: "agents" },
    ]);
  });

  test("is a target of a run that names it before anything is known to be wrong with it", () => {
    expect(slotsFor({ slotId: "agents-tree-2", trigger: "alert" })).toMatchObject([
      { slotId: "agents-tree-2", repoName: "agents", repair: undefined },
    ]);
  });

  test("is left to a person once it is isolated", () => {
    const own = [{ slotId: tree, repoName: "agents", isolatedAt: new Date(0), reason: "by hand" }];
    expect(slotsFor({ slotId: tree, trigger: "schedule" }, own)).toEqual([]);
    expect(slotsFor({ slotId: tree, trigger: "api" }, own)).toMatchObject([
      { slotId: tree, isIsolated: true },
    ]);
  });
});

test("a person's run over all slots leaves isolated ones alone", () => {
  expect(select({}, { trigger: "command" }, isolated).slots.map(({ slotId }) => slotId)).toEqual([one]);
});

test("a name that is no slot's and no pool's selects nothing", () => {
  expect(select({}, { slotId: "nothing of the kind", trigger: "command" }).slots).toEqual([]);
});

test("without its state, a slot whose user is kept out may be an agent's, and is left alone", () => {
  const evidence = [aFinding("ownership")];
  const slots = [aSlot({ slotId: one, evidence, state: undefined }), aSlot({ slotId: two })];
  const anomalies = { longAllocatedSlots: [], corruptedSlots: [], orphanedLocks: [] };
  const targets = selectTargets({ anomalies, pools: [aPool({ slots })], isolatedSlots: [] }, aRequest());
  expect(targets).toEqual({ slots: [], lockMoves: [], leftIsolated: [] });
});

test("a release, a fault or an isolation is work, each alone", () => {
  expect(hasWork(aTarget())).toBe(false);
  expect(hasWork(aTarget({ release: aLongAllocatedSlot() }))).toBe(true);
  expect(hasWork(aTarget({ repair: corrupted(one) }))).toBe(true);
  expect(hasWork(aTarget({ isIsolated: true }))).toBe(true);
});
