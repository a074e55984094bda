import { afterEach, expect, test, vi } from "vitest";
import { untilStopSignal } from "../../src/commands/terminal/stop-signal.ts";

const before = { SIGTERM: process.listeners("SIGTERM"), SIGINT: process.listeners("SIGINT") };

afterEach(() => {
  vi.useRealTimers();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    for (const listener of process.listeners(signal))
      if (!before[signal].includes(listener)) process.off(signal, listener);
});

test.each(["SIGTERM", "SIGINT"] as const)("%s resolves it", async (signal) => {
  const stopped = untilStopSignal();
  process.emit(signal, signal);
  await expect(stopped).resolves.toBeUndefined();
});

test("who listens after it does not find itself alone at the first signal", () => {
  void untilStopSignal();
  let listenerCount = 0;
  process.on("SIGTERM", () => {
    listenerCount = process.listenerCount("SIGTERM") - before.SIGTERM.length;
  });
  process.emit("SIGTERM", "SIGTERM");
  expect(listenerCount).toBe(2);
});

test("the same signal, come twice, is held back; a later one finds no listener", () => {
  vi.useFakeTimers();
  void untilStopSignal();
  process.emit("SIGINT", "SIGINT");
  vi.advanceTimersByTime(999);
  process.emit("SIGINT", "SIGINT");
  expect(process.listenerCount("SIGINT")).toBe(before.SIGINT.length + 1);
  vi.advanceTimersByTime(1);
  expect(process.listenerCount("SIGINT")).toBe(before.SIGINT.length);
});
