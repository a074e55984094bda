import { describe, expect, test } from "vitest";
import {
  detectCorruptedSlot,
  detectMainRepositoryFaults,
  staleGitLocks,
} from "../../src/anomalies/detect-corrupted-slot.ts";
import { defaultThresholds } from "../../src/anomalies/thresholds.ts";
import type { GitLock } from "../../src/inspection/finding.ts";
import type { ProcessRole } from "../../src/inspection/slot-process.ts";
import type { SlotInspection } from "../../src/inspection/slot-inspection.ts";
import { aFinding, anInspection, aReading, aSlotOnDisk, hoursBefore } from "../kit/an-inspection.ts";

const counts = { readableSlots: 3, numSlots: 3, allocatedSlots: 0 };
const allocated = aSlotOnDisk({ reading: aReading({ state: "allocated" }) });

function reasonsOf(inspection: SlotInspection, given: Partial<typeof counts> = {}): readonly string[] {
  return detectCorruptedSlot(inspection, { ...counts, ...given }, defaultThresholds)?.reasons ?? [];
}

function aLock(minutes: number): GitLock {
  return { path: "/pools/demo/slot1/.git/index.lock", modifiedAt: hoursBefore(minutes / 60), inode: 7 };
}

test("a slot without findings is healthy", () => {
  expect(detectCorruptedSlot(anInspection(), counts, defaultThresholds)).toBeUndefined();
});

test("each reason is named once, and the detail has the first three findings", () => {
  const findings = ["ref_invalid", "ref_invalid", "index_corrupt", "config_invalid"] as const;
  const found = detectCorruptedSlot(
    anInspection({ findings: findings.map((code, index) => aFinding(code, { path: `/p${index}` })) }),
    counts,
    defaultThresholds,
  );
  expect(found).toMatchObject({
    slotId: "workspace-demo-slot1",
    reasons: ["ref_invalid", "index_corrupt", "config_invalid"],
  });
  expect(found?.detail).toBe(
    "/p0: expected a, found b; /p1: expected a, found b; /p2: expected a, found b; and 1 more",
  );
});

const aProcess = (command: string, role: ProcessRole = "work") => ({ pid: 1, command, role });

describe("a HEAD on a branch that does not exist", () => {
  const findings = [aFinding("head_branch_unborn")];
  test("is a fault of a slot that nobody uses", () => {
    expect(reasonsOf(anInspection({ findings }))).toEqual(["head_branch_missing"]);
  });
  test("is an unborn branch in an allocated slot", () => {
    expect(reasonsOf(anInspection({ findings, slot: allocated }))).toEqual([]);
  });
});

describe("a directory without slot.json", () => {
  const slot = aSlotOnDisk({ reading: { kind: "missing" } });
  const findings = [aFinding("slot_json_missing")];
  test("is a fault while fewer slots than num_slots are readable", () => {
    expect(reasonsOf(anInspection({ slot, findings }), { readableSlots: 2 })).toEqual(["slot_json_missing"]);
  });
  test("is none once enough slots are readable, whatever else is in it", () => {
    const more = [...findings, aFinding("git_missing")];
    expect(reasonsOf(anInspection({ slot, findings: more }))).toEqual([]);
  });
});

describe("a changed remote", () => {
  const remoteUrl = "https://git.example/other.git";
  test("is a fault of a slot that nobody uses", () => {
    expect(reasonsOf(anInspection({ remoteUrl }))).toEqual(["remote_changed"]);
    expect(reasonsOf(anInspection({ remoteUrl: undefined }))).toEqual(["remote_changed"]);
  });
  test("is the agent's business in an allocated slot", () => {
    expect(reasonsOf(anInspection({ remoteUrl, slot: allocated }))).toEqual([]);
  });
  test("is not judged if nothing says what it should be, or if the configuration cannot be read", () => {
    expect(reasonsOf(anInspection({ remoteUrl, expectedRemoteUrl: undefined }))).toEqual([]);
    const findings = [aFinding("config_missing")];
    expect(reasonsOf(anInspection({ remoteUrl: undefined, findings }))).toEqual(["config_missing"]);
  });
  test("is none if an alias names it", () => {
    const thresholds = { ...defaultThresholds, remoteAliases: ["https://git.example/other"] };
    expect(detectCorruptedSlot(anInspection({ remoteUrl }), counts, thresholds)).toBeUndefined();
  });
  test("is told without user names and passwords", () => {
    const found = detectCorruptedSlot(
      anInspection({ remoteUrl: "https://me:secret@git.example/other.git" }),
      counts,
      defaultThresholds,
    );
    expect(found?.detail).not.toContain("secret");
  });
});

describe("state error", () => {
  test("is a fault unless somebody isolated the slot", () => {
    const failed = aSlotOnDisk({ reading: aReading({ state: "error" }) });
    const isolated = aSlotOnDisk({
      reading: aReading({ state: "error", metadata: { isolated_at: "2026-05-04T10:00:00" } }),
    });
    expect(reasonsOf(anInspection({ slot: failed }))).toEqual(["state_error"]);
    expect(reasonsOf(anInspection({ slot: isolated }))).toEqual([]);
  });
});

describe("a git lock", () => {
  test.each([
    ["young", 14, {}, false],
    ["old", 15, {}, true],
    ["old, in an allocated slot", 59, { slot: allocated }, false],
    ["very old, in an allocated slot", 60, { slot: allocated }, true],
    ["old, while processes cannot be seen", 59, { processes: undefined }, false],
    ["very old, while processes cannot be seen", 60, { processes: undefined }, true],
    ["old, while git runs in the slot", 600, { processes: [aProcess("git")] }, false],
    ["old, while an editor runs in the slot", 15, { processes: [aProcess("vim")] }, true],
    ["old, while git's own daemon runs in the slot", 15, { processes: [aProcess("git", "daemon")] }, true],
    [
      "old, while git's maintenance runs in the slot",
      600,
      { processes: [aProcess("git", "maintenance")] },
      false,
    ],
  ] as const)("that is %s", (_what, minutes, given, isStale) => {
    const inspection = anInspection({ gitLocks: [aLock(minutes)], ...given });
    expect(staleGitLocks(inspection, defaultThresholds)).toHaveLength(isStale ? 1 : 0);
    expect(reasonsOf(inspection)).toEqual(isStale ? ["git_lock_stale"] : []);
  });
});

describe("the main repository of a worktree pool", () => {
  const main = (given: Partial<NonNullable<SlotInspection["mainRepository"]>>) =>
    ({
      path: "/pools/demo/.main_repo",
      findings: [],
      unverified: [],
      gitLocks: [],
      unsupported: undefined,
      ...given,
    }) as unknown as SlotInspection["mainRepository"];

  test("gives every slot one reason, however much is wrong", () => {
    const mainRepository = main({ findings: [aFinding("config_invalid"), aFinding("pack_corrupt")] });
    expect(reasonsOf(anInspection({ mainRepository }))).toEqual(["main_repo_broken"]);
    const faults = detectMainRepositoryFaults(anInspection({ mainRepository }), counts, defaultThresholds);
    expect(faults.map(({ reason }) => reason)).toEqual(["config_invalid", "pack_corrupt"]);
  });

  test("is judged with patience for its locks while any slot is allocated", () => {
    const mainRepository = main({ gitLocks: [aLock(30)] });
    expect(reasonsOf(anInspection({ mainRepository }))).toEqual(["main_repo_broken"]);
    expect(reasonsOf(anInspection({ mainRepository }), { allocatedSlots: 1 })).toEqual([]);
    expect(reasonsOf(anInspection({ mainRepository, hasGitProcessInPool: true }))).toEqual([]);
  });

  test("keeps a deep fault of its own apart from the slot's", () => {
    const findings = [aFinding("object_missing", { isShared: true })];
    expect(reasonsOf(anInspection({ findings }))).toEqual(["main_repo_broken"]);
  });
});

test("a configuration that could not be read names no remote, and is no other remote", () => {
  expect(reasonsOf(anInspection({ remoteUrl: undefined }))).toEqual(["remote_changed"]);
  expect(reasonsOf(anInspection({ remoteUrl: undefined, isBlind: true }))).toEqual([]);
});
