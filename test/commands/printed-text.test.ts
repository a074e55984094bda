import { expect, test } from "vitest";
import { describeCheck } from "../../src/commands/check.ts";
import { describePause } from "../../src/commands/pause.ts";
import { describeReclaimReport } from "../../src/commands/reclaim.ts";
import { describeRecoverReport } from "../../src/commands/recover.ts";
import { describeStatus } from "../../src/commands/status.ts";
import { describeWhy } from "../../src/commands/why.ts";
import { createCheckReport } from "../../src/views/check-report.ts";
import { createPoolReport } from "../../src/views/pool-report.ts";
import type { PrintedReclaimReport } from "../../src/views/reclaim-report.ts";
import { createWhyReport } from "../../src/views/why-report.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import {
  aCorruptedSlot,
  aLongAllocatedSlot,
  anOrphanedLock,
  aPool,
  aSlot,
  aSnapshot,
} from "../kit/a-snapshot.ts";

const aReport = {
  long_allocated_released: 0,
  corrupted_recovered: 1,
  corrupted_isolated: 0,
  orphaned_locks_cleaned: 0,
  errors: [],
  dry_run: false,
  actions: [],
};

const describeSnapshot = (snapshot: Snapshot) => describeCheck(createCheckReport(snapshot), snapshot);

test("check names each anomaly in a line of its own, and counts them", () => {
  const anomalies = {
    longAllocatedSlots: [aLongAllocatedSlot()],
    corruptedSlots: [aCorruptedSlot({ slotId: "workspace-demo-slot2" })],
    orphanedLocks: [anOrphanedLock()],
  };
  expect(describeSnapshot(aSnapshot({ anomalies }))).toEqual([
    "demo (clone): 1 available",
    "  allocated  workspace-demo-slot1: allocation_too_old, 30.0 h, idle",
    "  corrupted  workspace-demo-slot2: head_invalid: HEAD is empty",
    "  lock       workspace-demo-slot9: no_such_slot, 48.0 h, left by user 1000",
    "3 anomalies",
  ]);
});

test("check names a work tree without a pool manager by its path, and calls none allocated", () => {
  const longAllocatedSlots = [aLongAllocatedSlot({ slotId: "api-fix", reason: "idle_too_long" })];
  const anomalies = { longAllocatedSlots, corruptedSlots: [], orphanedLocks: [] };
  const owner = { evidence: "none", detail: "" } as const;
  const slots = [aSlot({ slotId: "api-fix", path: "/src/api/.worktrees/fix", owner })];
  const pools = [aPool({ repoName: "api", layout: "worktree", source: "", slots })];
  expect(describeSnapshot(aSnapshot({ anomalies, pools }))).toEqual([
    "api (linked work trees): 1 not in use",
    "  idle       /src/api/.worktrees/fix: idle_too_long, 30.0 h",
    "1 anomaly",
  ]);
  expect(describeSnapshot(aSnapshot({ anomalies }))).toContain("  idle       api-fix: idle_too_long, 30.0 h");
});

test("check names what it found in a slot below the pool of the slot", () => {
  const corruptedSlots = ["demo", "other"].map((repoName) =>
    aCorruptedSlot({ repoName, slotId: `workspace-${repoName}-slot1` }),
  );
  const anomalies = { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [anOrphanedLock()] };
  expect(describeSnapshot(aSnapshot({ anomalies, pools: [aPool(), aPool({ repoName: "other" })] }))).toEqual([
    "demo (clone): 1 available",
    "  corrupted  workspace-demo-slot1: head_invalid: HEAD is empty",
    "other (clone): 1 available",
    "  corrupted  workspace-other-slot1: head_invalid: HEAD is empty",
    "  lock       workspace-demo-slot9: no_such_slot, 48.0 h, left by user 1000",
    "3 anomalies",
  ]);
});

test("a deep check tells unsaved work with the time of the look, and none too", () => {
  const look = { unsavedWorkSeenAt: new Date("2026-05-04T11:59:00Z") };
  const slots = [
    aSlot({ ...look, unsavedWork: [] }),
    aSlot({ ...look, slotId: "workspace-demo-slot2", unsavedWork: ["stash", "untracked"] }),
  ];
  const snapshot = aSnapshot({ isDeep: true, pools: [aPool({ slots })] });
  expect(describeSnapshot(snapshot)).toEqual([
    "demo (clone): 2 available",
    "  unsaved    workspace-demo-slot1: none, looked at 2026-05-04T11:59:00.000Z",
    "  unsaved    workspace-demo-slot2: stash, untracked, looked at 2026-05-04T11:59:00.000Z",
    "no anomalies",
  ]);
});

test.each([
  [[], "no anomalies"],
  [[aCorruptedSlot()], "1 anomaly"],
])("check counts in words: %#", (corruptedSlots, last) => {
  const anomalies = { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [] };
  expect(describeSnapshot(aSnapshot({ anomalies })).at(-1)).toBe(last);
});

test("check shows what could not be looked at and a pool without slots", () => {
  const pools = [aPool({ slots: [], problems: [{ code: "unsupported", detail: "a newer format" }] })];
  const errors = [{ code: "slot_uninspectable", detail: "permission denied" }] as const;
  expect(describeSnapshot(aSnapshot({ pools, errors }))).toEqual([
    "demo (clone): no slots",
    "  problem    unsupported: a newer format",
    "  error      slot_uninspectable: permission denied",
    "no anomalies in what could be read",
  ]);
});

test("recover says what was done before it counts, and that a dry run changed nothing", () => {
  const action = {
    slot_id: "workspace-demo-slot1",
    action: "reclone",
    outcome: "planned",
    reason: "head_invalid",
    detail: "",
    duration_seconds: 0,
  } as const;
  expect(describeRecoverReport({ ...aReport, dry_run: true, actions: [action], errors: ["bad"] })).toEqual([
    "  workspace-demo-slot1: planned",
    "    1. reclone (head_invalid)",
    "  error: bad",
    "dry run, nothing changed",
  ]);
  const done = (["isolate", "release"] as const).map(
    (step) => ({ ...action, action: step, outcome: "done" }) as const,
  );
  expect(describeRecoverReport({ ...aReport, orphaned_locks_cleaned: 1, actions: done }).at(-1)).toBe(
    "1 recovered, 1 isolated, 1 released, 1 lock moved aside",
  );
  expect(describeRecoverReport({ ...aReport, corrupted_recovered: 0 })).toEqual(["nothing to do"]);
  const undone = { ...action, action: "undo_reclaim", outcome: "done" } as const;
  expect(describeRecoverReport({ ...aReport, actions: [undone] }).at(-1)).toBe("1 work tree brought back");
});

test("reclaim says how to bring a work tree back, and of a broken one that its work would be saved", () => {
  const slot: PrintedReclaimReport["slots"][number] = {
    ...{ slot_id: "api-fix", repo_name: "api", slot_path: "/src/fix", bytes: 2048 },
    ...{ last_activity_at: "2026-05-04T11:59:00Z", reason: "requested", detail: "" },
    outcome: "planned",
    unsaved_work: ["unknown"],
    ...{ salvage_id: null, reclaim_id: null },
  };
  const report = { dry_run: false, candidates: 1, bytes: 2048, errors: [] };
  const named = { isAnywhere: false };
  expect(describeReclaimReport({ ...report, dry_run: true, slots: [slot] }, named)).toEqual([
    "   2.0 KiB  idle since 2026-05-04 11:59  /src/fix: would be moved; unsaved work would be saved first",
    "1 work tree, 2.0 KiB would be moved",
    "dry run, nothing changed",
  ]);
  const done = { ...slot, outcome: "done", salvage_id: "s1", reclaim_id: "s1" } as const;
  expect(describeReclaimReport({ ...report, slots: [done] }, named)).toEqual([
    "   2.0 KiB  idle since 2026-05-04 11:59  /src/fix: in quarantine: `reclaim --undo s1` brings it back; saved as s1",
    "1 work tree, 2.0 KiB reclaimed",
  ]);
});

test.each([
  [2, true, "none of 2 work trees is beyond its limit: --older, else that of its source, else a week"],
  [
    0,
    true,
    "no source allows `reclaim`: add it to the `allow` of a source (--config.file), or name a directory",
  ],
  [0, false, "there are no linked work trees"],
])(
  "a reclaim that finds nothing says why: of %d candidates, without a path: %s",
  (candidates, isAnywhere, why) => {
    const report = { dry_run: false, candidates, slots: [], bytes: 0, errors: [] };
    expect(describeReclaimReport(report, { isAnywhere })).toEqual(["0 work trees, 0 B reclaimed", why]);
    const failed = describeReclaimReport({ ...report, errors: ["bad"] }, { isAnywhere });
    expect(failed).toEqual(["error: bad", "0 work trees, 0 B reclaimed"]);
  },
);

test.each([
  [{ pool: null, slot_id: null, expires_at: null }, "m: everything until resumed: disk (ann)"],
  [{ pool: "demo", slot_id: null, expires_at: "2026" }, "m: pool demo until 2026: disk (ann)"],
  [{ pool: "demo", slot_id: "s1", expires_at: null }, "m: s1 until resumed: disk (ann)"],
])("a pause says what it covers and when it ends: %#", (given, text) => {
  expect(describePause({ name: "m", reason: "disk", operator: "ann", ...given })).toBe(text);
});

test("status has a line for each pool, and says so if there is none", async () => {
  const terminal = { isInteractive: false, hasColours: false, columns: undefined };
  const pool = {
    ...createPoolReport({
      ...{ repoName: "demo", layout: "clone", numSlots: undefined, totalSlots: 1, unreadable: 0 },
      ...{ states: { available: 1, allocated: 2, cleaning: 3, error: 4 } },
      ...{ totalAllocations: 0, totalUsageSeconds: 0 },
    }),
    isolated: 5,
    anomalies: { long_allocated_slots: 6, corrupted_slots: 7, orphaned_locks: 8 },
  };
  const [, line] = (await describeStatus([pool], { terminal })).split("\n");
  expect(line?.split(/\s+/)).toEqual(["demo", "unknown", "1", "2", "3", "4", "5", "6", "7", "8"]);
  expect(await describeStatus([], { terminal })).toBe("no pools");
});

test("why says that nothing is wrong, and which deep checks never ran", () => {
  const snapshot = aSnapshot({ pools: [aPool({ slots: [aSlot()] })] });
  const slotId = "workspace-demo-slot1";
  const report = createWhyReport({ slotId, repoName: "demo", snapshot, watched: undefined, journal: [] });
  expect(describeWhy(report)).toEqual([
    "workspace-demo-slot1: nothing is wrong",
    "  path        /pools/demo/slot1",
    "  looked at   2026-05-04T12:00:00.000Z",
    "  state       available",
    "  verified    connectivity never, full never",
    "  unsaved     not looked at: --deep looks, if git can read the slot",
  ]);
});
