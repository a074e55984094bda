import { setTimeout as sleep } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { silentLogger } from "../../src/platform/logger.ts";
import { intervalSecondsOf, startSchedule, validateSchedule } from "../../src/schedule/schedule.ts";

test("the interval of an expression is the time between two ticks", () => {
  expect(intervalSecondsOf("*/30 * * * * *")).toBe(30);
  expect(intervalSecondsOf("0 */5 * * * *")).toBe(300);
  expect(intervalSecondsOf("every now and then")).toBeUndefined();
});

test("an expression that cron does not know is refused", () => {
  expect(validateSchedule("0 30 3 * * *")).toBe(true);
  expect(validateSchedule("61 * * * * *")).toBe(false);
});

test("a tick never overlaps the one before, and stop waits for the running one", async () => {
  let active = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    active += 1;
    most = Math.max(most, active);
    await sleep(1_500);
    active -= 1;
  };
  const schedule = startSchedule({ name: "slow", expression: "* * * * * *", logger: silentLogger, run });
  await sleep(2_300);
  await schedule.stop();
  expect(most).toBe(1);
  expect(active).toBe(0);
});

test("a failing tick is logged and the next one runs", async () => {
  const error = vi.fn();
  const run = vi.fn(() => Promise.reject(new Error("disk is gone")));
  const schedule = startSchedule({
    name: "failing",
    expression: "* * * * * *",
    logger: { ...silentLogger, error },
    run,
  });
  await vi.waitFor(
    () => {
      expect(run.mock.calls.length).toBeGreaterThan(1);
    },
    { timeout: 4_000 },
  );
  await schedule.stop();
  expect(error).toHaveBeenCalledWith({ schedule: "failing", error: "disk is gone" }, "schedule.failed");
});

test("runs that a running one kept from beginning, and those that nobody was awake for, are said and counted", async () => {
  const warn = vi.fn();
  const onSkipped = vi.fn();
  const schedule = startSchedule({
    name: "held-up",
    expression: "* * * * * *",
    logger: { ...silentLogger, warn },
    run: () => sleep(1_500),
    onSkipped,
  });
  await vi.waitFor(
    () => {
      expect(onSkipped).toHaveBeenCalledWith("still_running");
    },
    { timeout: 4_000 },
  );
  // Nothing else runs in this process meanwhile, as when the machine sleeps.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_500);
  await vi.waitFor(
    () => {
      expect(onSkipped).toHaveBeenCalledWith("missed");
    },
    { timeout: 4_000 },
  );
  await schedule.stop();
  expect(warn).toHaveBeenCalledWith(
    { schedule: "held-up", missedAt: expect.any(String) as string },
    "schedule.missed",
  );
}, 20_000);
