import { describe, expect, test } from "vitest";
import {
  detectCorruptedSlot,
  detectMainRepositoryFaults,
  staleGitLocks,
} from "../../src/anomalies/detect-corrupted-slot.ts";
import { defaultThresholds } from "../kit/default-thresholds.ts";
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

describe("a fault that comes and goes while git works", () => {
  const findings = [aFinding("index_corrupt", { isPassing: true })];
  test("is none while a git command runs in the slot", () => {
    expect(reasonsOf(anInspection({ findings, processes: [aProcess("git")] }))).toEqual([]);
  });
  test("is one if none runs, or nobody can see", () => {
    expect(reasonsOf(anInspection({ findings }))).toEqual(["index_corrupt"]);
    expect(reasonsOf(anInspection({ findings, processes: [aProcess("vim")] }))).toEqual(["index_corrupt"]);
    expect(reasonsOf(anInspection({ findings, processes: undefined }))).toEqual(["index_corrupt"]);
  });
  test("hides no fault that stays", () => {
    const stays = [aFinding("head_invalid")];
    expect(reasonsOf(anInspection({ findings: stays, processes: [aProcess("git")] }))).toEqual([
      "head_invalid",
    ]);
  });
});

describe("what an owner may choose", () => {
  const findings = [aFinding("config_unsafe", { isOwnersChoice: true })];
  const unrecorded = aSlotOnDisk({ reading: { kind: "unrecorded" } });
  test("is a fault of a slot that nobody uses", () => {
    expect(reasonsOf(anInspection({ findings }))).toEqual(["config_unsafe"]);
  });
  test("is the choice of whoever has the slot", () => {
    expect(reasonsOf(anInspection({ findings, slot: allocated }))).toEqual([]);
    expect(reasonsOf(anInspection({ findings, slot: unrecorded }))).toEqual([]);
  });
  test("must be whole before the allocation ends", () => {
    const inspection = anInspection({ findings, slot: allocated });
    const ending = { isAllocationEnding: true };
    expect(detectCorruptedSlot(inspection, counts, defaultThresholds, ending)?.kind).toBe("corrupted_slot");
  });
});

describe("the lock of git worktree lock", () => {
  const stale = {
    worktreeLock: { path: "/main/worktrees/slot1/locked", modifiedAt: hoursBefore(2) },
    ...{ lockOwner: { state: "dead", pid: 42 }, owner: { evidence: "none" } },
  } as unknown as Partial<SlotInspection>;
  test("is a fault once the process that it names has ended, and nobody uses the work tree", () => {
    const found = detectCorruptedSlot(anInspection(stale), counts, defaultThresholds);
    expect(found?.reasons).toEqual(["worktree_lock_stale"]);
    expect(found?.detail).toContain(
      "/main/worktrees/slot1/locked: expected process 42, which the lock names",
    );
  });
  test.each([
    ["its process lives", { lockOwner: { state: "alive", pid: 42 } }],
    ["it names no process", { lockOwner: undefined }],
    ["somebody uses the work tree", { owner: { evidence: "process" } }],
    ["nobody looked for a user", { owner: undefined }],
    ["there is none", { worktreeLock: undefined }],
  ])("is none if %s", (_why, given) => {
    expect(reasonsOf(anInspection({ ...stale, ...(given as Partial<SlotInspection>) }))).toEqual([]);
  });
});

describe("the remote of a slot", () => {
  const change = { remoteUrl: "https://user:secret@evil.example/demo.git" };
  test("that changed is told without credentials, and where it stands", () => {
    const detail = detectCorruptedSlot(anInspection(change), counts, defaultThresholds)?.detail;
    expect(detail).toContain("/pools/demo/slot1/.git/config: ");
    expect(detail).toContain("evil.example/demo.git");
    expect(detail).not.toContain("secret");
    const gone = anInspection({ remoteUrl: undefined });
    expect(detectCorruptedSlot(gone, counts, defaultThresholds)?.detail).toContain(
      "found no remote.origin.url",
    );
  });
  test("is not known beside a configuration that cannot be read", () => {
    for (const code of ["config_missing", "config_invalid"] as const)
      expect(reasonsOf(anInspection({ ...change, findings: [aFinding(code)] }))).toEqual([code]);
    expect(reasonsOf(anInspection({ ...change, findings: [aFinding("head_invalid")] }))).toEqual([
      ...["head_invalid", "remote_changed"],
    ]);
  });
});

test("three findings are all told, and nothing more is said to be there", () => {
  const findings = [aFinding("ref_invalid"), aFinding("index_corrupt"), aFinding("head_invalid")];
  const detail = detectCorruptedSlot(anInspection({ findings }), counts, defaultThresholds)?.detail;
  expect(detail).not.toContain("more");
});

test("a finding that is no fault of a slot is no reason", () => {
  expect(reasonsOf(anInspection({ findings: [aFinding("ownership")] }))).toEqual([]);
});

test("a missing slot.json of a pool that promises no number is a fault", () => {
  const slot = aSlotOnDisk({ reading: { kind: "missing" } });
  const inspection = anInspection({ slot, findings: [aFinding("slot_json_missing")] });
  const unknown = { readableSlots: 3, numSlots: undefined, allocatedSlots: 0 };
  expect(detectCorruptedSlot(inspection, unknown, defaultThresholds)?.reasons).toEqual(["slot_json_missing"]);
});
