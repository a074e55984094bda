import { describe, expect, test } from "vitest";
import {
  judgeOwner,
  processesOf,
  readLockOwner,
  stateOf,
  type OwnerFacts,
} from "../../src/inspection/slot-owner.ts";

const now = new Date("2026-05-04T12:00:00Z");
const path = "/trees/one";
const hour = 3_600_000;
const hold = { path, owner: "me", since: now, until: new Date(now.getTime() + hour) };
const worktreeLock = { path: "/admin/locked", text: "claude agent x (pid 7)", modifiedAt: now };
const work = { pid: 7, command: "agent", role: "work" } as const;

const nothing: OwnerFacts = {
  ...{ now, hold: undefined, heartbeatAt: undefined, heartbeatMaxAgeSeconds: 600 },
  ...{ worktreeLock: undefined, lockOwner: undefined, processes: [] },
};
const everything: OwnerFacts = {
  ...nothing,
  ...{ hold, heartbeatAt: now, worktreeLock, lockOwner: { pid: 7, state: "alive" }, processes: [work] },
};

describe("the strongest evidence counts", () => {
  test.each([
    ["hold", everything],
    ["heartbeat", { ...everything, hold: undefined }],
    ["git_lock", { ...everything, hold: undefined, heartbeatAt: undefined }],
    ["process", { ...nothing, processes: [work], job: work }],
    ["runner", { ...nothing, processes: [], job: work }],
    ["runner", { ...nothing, processes: undefined, job: work }],
    ["none", nothing],
  ] as const)("%s", (evidence, facts) => {
    expect(judgeOwner(facts).evidence).toBe(evidence);
  });
});

test("a hold that has ended, and an old heartbeat, are no evidence", () => {
  const ended = { ...hold, until: now };
  const heartbeatAt = new Date(now.getTime() - hour);
  expect(judgeOwner({ ...nothing, hold: ended, heartbeatAt }).evidence).toBe("none");
});

test("a lock without a pid holds; one of a dead process does not; one whose process cannot be seen does", () => {
  const evidence = (lockOwner: OwnerFacts["lockOwner"]) =>
    judgeOwner({ ...nothing, worktreeLock, lockOwner }).evidence;
  expect(evidence(undefined)).toBe("git_lock");
  expect(evidence({ pid: 7, state: "dead" })).toBe("none");
  expect(evidence({ pid: 7, state: "unknown" })).toBe("git_lock");
});

test("a dead owner's lock does not hide another process that works there", () => {
  const lockOwner = { pid: 7, state: "dead" } as const;
  expect(judgeOwner({ ...nothing, worktreeLock, lockOwner, processes: [work] }).evidence).toBe("process");
});

test("where processes cannot be seen, nobody can be ruled out, and the slot counts as allocated", () => {
  const owner = judgeOwner({ ...nothing, processes: undefined });
  expect(owner.evidence).toBe("unseen");
  expect(stateOf({ slot: { reading: { kind: "unrecorded" } }, owner })).toBe("allocated");
  expect(stateOf({ slot: { reading: { kind: "unrecorded" } }, owner: judgeOwner(nothing) })).toBe(
    "available",
  );
});

test("git's own daemons are nobody", () => {
  const daemon = { pid: 7, command: "git", role: "daemon" } as const;
  expect(judgeOwner({ ...nothing, processes: [daemon] }).evidence).toBe("none");
});

test("the processes of another user are not known to be none", () => {
  const occupants = { kind: "seen", byPath: new Map(), uid: 1000 } as const;
  expect(processesOf({ path }, occupants, 1000)).toEqual([]);
  expect(processesOf({ path }, occupants, 1001)).toBeUndefined();
  expect(processesOf({ path }, { ...occupants, uid: undefined }, 1001)).toEqual([]);
});

describe("the process that a lock names", () => {
  const seen = { now: new Date(), canSeeProcesses: true };
  const lockOf = (text: string, ageSeconds = 0) => ({
    ...{ path: "/admin/locked", text },
    modifiedAt: new Date(Date.now() - ageSeconds * 1000),
  });

  test("lives if it began before the lock was written", () => {
    const lock = lockOf(`claude session x (pid ${process.pid}) and more`);
    expect(readLockOwner(lock, seen)).toEqual({ pid: process.pid, state: "alive" });
  });

  test("is another one, under a number used again, if it began after the lock", () => {
    const lock = lockOf(`claude agent x (pid ${process.pid})`, 365 * 24 * 3600);
    expect(readLockOwner(lock, seen)?.state).toBe("dead");
  });

  test("is dead if there is none", () => {
    expect(readLockOwner(lockOf("claude agent x (pid 999999999)"), seen)?.state).toBe("dead");
  });

  test("is unknown where processes cannot be seen", () => {
    const unseen = { ...seen, canSeeProcesses: false };
    expect(readLockOwner(lockOf("x (pid 999999999)"), unseen)?.state).toBe("unknown");
  });

  test.each(["on a portable disk", "", "rapid 3", "pid", "(pid x)"])("is none in %j", (text) => {
    expect(readLockOwner(lockOf(text), seen)).toBeUndefined();
  });
});
