import { expect, test } from "vitest";
import type { Trigger } from "../../../src/journal/trigger.ts";
import { PausePolicy } from "../../../src/recovery/guards/pause-policy.ts";
import type { PausableTarget, Pause } from "../../../src/recovery/guards/pauses.ts";

const now = new Date("2026-05-04T12:00:00Z");
const clock = { now: () => now, sleep: () => Promise.resolve() };
const slot: PausableTarget = { pool: "demo", slotId: "workspace-demo-slot1" };
const pause: Pause = {
  ...{ name: "upgrade", reason: "new git", operator: "ann", expiresAt: undefined },
  ...{ pool: "demo", slotId: undefined },
};

/** One pause of the pool demo, and windows that cover it or nothing. */
function aPolicy({ isPaused, isInMaintenance }: { isPaused: boolean; isInMaintenance: boolean }) {
  const asked: (string | undefined)[] = [];
  const policy = new PausePolicy({
    clock,
    pauses: { find: ({ pool }) => (isPaused && pool === "demo" ? pause : undefined) },
    maintenance: {
      isOpen: (pool, at) => {
        asked.push(pool);
        return isInMaintenance && at === now;
      },
    },
  });
  return { policy, asked };
}

test.each<Trigger>(["alert", "schedule", "command", "api"])("a pause stops a run by %s", (trigger) => {
  const { policy } = aPolicy({ isPaused: true, isInMaintenance: false });
  expect(policy.findPause(slot, trigger)).toBe("paused by upgrade: new git");
  expect(policy.findPause({ ...slot, pool: "other" }, trigger)).toBeUndefined();
});

test.each([
  ["alert", "a maintenance window is open"],
  ["schedule", "a maintenance window is open"],
  ["command", undefined],
  ["api", undefined],
] as const)("a maintenance window means %s: %s", (trigger, expected) => {
  const { policy } = aPolicy({ isPaused: false, isInMaintenance: true });
  expect(policy.findPause(slot, trigger)).toBe(expected);
});

test("windows are asked about the target's pool, and about every one for a run over all pools", () => {
  const { policy, asked } = aPolicy({ isPaused: false, isInMaintenance: false });
  expect(policy.findPause(slot, "alert")).toBeUndefined();
  expect(policy.findPause({ pool: undefined, slotId: undefined }, "alert")).toBeUndefined();
  expect(asked).toEqual(["demo", undefined]);
});

test("without windows only pauses count", () => {
  const policy = new PausePolicy({ clock, pauses: { find: () => undefined } });
  expect(policy.findPause(slot, "schedule")).toBeUndefined();
});
