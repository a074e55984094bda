import { setImmediate as turn } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { untilStopSignal } from "../../src/commands/terminal/stop-signal.ts";

const before = { SIGTERM: process.listeners("SIGTERM"), SIGINT: process.listeners("SIGINT") };

afterEach(() => {
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

test("a second signal finds no listener that would hold it back", async () => {
  void untilStopSignal();
  process.emit("SIGTERM", "SIGTERM");
  await turn();
  expect(process.listenerCount("SIGTERM")).toBe(before.SIGTERM.length);
});
