import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startIntervalTicks, startWallClockTicks, type StopTicks } from "../../src/schedule/ticks.ts";

const hour = 3_600_000;
const day = 24 * hour;
const nightly = { expression: "0 0 2 * * *", timeZone: "UTC" };
let stop: StopTicks | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
  vi.setSystemTime(new Date("2026-05-04T01:30:00Z"));
});

afterEach(() => {
  stop?.();
  vi.useRealTimers();
});

function aListener() {
  const seen: string[] = [];
  const listener = {
    onTick: () => void seen.push(`tick ${new Date().toISOString().slice(5, 16)}`),
    onMissed: () => void seen.push("missed"),
    onClockJump: (seconds: number) => void seen.push(`jump ${seconds}`),
  };
  return { seen, listener };
}

/** Sets the wall clock alone. */
function setClock(by: number): void {
  vi.setSystemTime(Date.now() + by);
}

test.each([-30 * day, -hour, hour, 30 * day])("an interval goes on when the clock is set by %s ms", (by) => {
  const { seen, listener } = aListener();
  stop = startIntervalTicks(30, listener);
  vi.advanceTimersByTime(60_000);
  setClock(by);
  vi.advanceTimersByTime(120_000);
  const ticks = seen.filter((entry) => entry.startsWith("tick"));
  expect([ticks.length, seen.length - ticks.length]).toEqual([6, 1]);
  expect(seen).toContain(`jump ${by / 1000}`);
});

test("a nightly run is made each night, at its time", () => {
  const { seen, listener } = aListener();
  stop = startWallClockTicks(nightly, listener);
  vi.advanceTimersByTime(2 * day + hour);
  expect(seen).toEqual(["tick 05-04T02:00", "tick 05-05T02:00", "tick 05-06T02:00"]);
});

test("if the clock is set forward past it by an hour, the run is made up for", () => {
  const { seen, listener } = aListener();
  stop = startWallClockTicks(nightly, listener);
  setClock(hour);
  vi.advanceTimersByTime(day);
  expect(seen).toEqual(["jump 3600", "tick 05-04T02:31", "tick 05-05T02:00"]);
});

test("if the clock is set forward by a month, that is one jump and one missed run", () => {
  const { seen, listener } = aListener();
  stop = startWallClockTicks(nightly, listener);
  setClock(30 * day + 12 * hour);
  vi.advanceTimersByTime(day);
  expect(seen).toEqual(["jump 2635200", "missed", "tick 06-04T02:00"]);
});

test("set back by an hour after it, the run is not made again; set back by a month, the nights go on", () => {
  const { seen, listener } = aListener();
  stop = startWallClockTicks(nightly, listener);
  vi.advanceTimersByTime(hour);
  setClock(-hour);
  vi.advanceTimersByTime(day / 2);
  expect(seen).toEqual(["tick 05-04T02:00", "jump -3600"]);
  setClock(-30 * day);
  vi.advanceTimersByTime(day);
  expect(seen.slice(2)).toEqual(["jump -2592000", "tick 04-05T02:00"]);
});
