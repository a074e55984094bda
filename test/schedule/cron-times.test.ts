import fc from "fast-check";
import { expect, test } from "vitest";
import { CronTimes, plainIntervalSeconds } from "../../src/schedule/cron-times.ts";

/** Every time within the day after `from` at which the expression is due. */
function dueAfter(from: string, expression: string, timeZone: string): string[] {
  const times = new CronTimes(expression, timeZone);
  const start = new Date(from).getTime();
  const due: string[] = [];
  let until = start + 24 * 3_600_000;
  for (let at = times.lastBetween(start, until); at !== undefined; at = times.lastBetween(start, until)) {
    due.unshift(new Date(at).toISOString());
    until = at - 1;
  }
  return due;
}

// On the night on which the hour is missing it is due at its end; when it is there twice, in the first.
test.each([
  ["Europe/Berlin", "2026-03-28T12:00:00Z", "0 30 2 * * *", "2026-03-29T01:00:00.000Z"],
  ["Europe/Berlin", "2026-10-24T12:00:00Z", "0 30 2 * * *", "2026-10-25T00:30:00.000Z"],
  ["America/New_York", "2026-03-07T17:00:00Z", "0 0 2 * * *", "2026-03-08T07:00:00.000Z"],
  ["America/New_York", "2026-10-31T17:00:00Z", "0 30 1 * * *", "2026-11-01T05:30:00.000Z"],
  ["Australia/Lord_Howe", "2026-10-03T02:00:00Z", "0 15 2 * * *", "2026-10-03T15:30:00.000Z"],
  ["Australia/Lord_Howe", "2026-04-04T02:00:00Z", "0 45 1 * * *", "2026-04-04T14:45:00.000Z"],
])("in %s after %s, %s is due once", (timeZone, from, expression, expected) => {
  expect(dueAfter(from, expression, timeZone)).toEqual([expected]);
});

test("several times of an hour that is there twice are due once each, of a missing one once together", () => {
  const expression = "0 0,20,40 2 * * *";
  expect(dueAfter("2026-10-24T12:00:00Z", expression, "Europe/Berlin")).toHaveLength(3);
  expect(dueAfter("2026-03-28T12:00:00Z", expression, "Europe/Berlin")).toEqual(["2026-03-29T01:00:00.000Z"]);
});

test("what holds in every hour goes on through both nights", () => {
  for (const from of ["2026-10-24T12:00:00Z", "2026-03-28T12:00:00Z"])
    expect(dueAfter(from, "0 0 * * * *", "Europe/Berlin")).toHaveLength(24);
});

test.each([
  ["* * * * * *", 1],
  ["*/30 * * * * *", 30],
  ["5,35 * * * * *", 30],
  ["* * * * *", 60],
  ["0 */5 * * * *", 300],
  ["10 3,23,43 * * * *", 1200],
  ["*/7 * * * * *", undefined],
  ["*/40 * * * *", undefined],
  ["0 0 * * * *", undefined],
  ["0 0 2 * * *", undefined],
  ["*/30 * * * * 1-5", undefined],
  ["*/30 * 8-18 * * *", undefined],
])("the plain interval of %s is %s", (expression, seconds) => {
  expect(plainIntervalSeconds(expression)).toBe(seconds);
});

test("the last time before another is found as by asking each minute", () => {
  const part = (limit: number) =>
    fc.oneof(
      fc.constant("*"),
      fc.nat({ max: limit }).map(String),
      fc.integer({ min: 2, max: 30 }).map((step) => `*/${step}`),
    );
  const start = Date.UTC(2026, 4, 1);
  const minutes = fc.nat({ max: 3 * 24 * 60 });
  fc.assert(
    fc.property(part(59), part(23), minutes, minutes, (minute, hour, one, other) => {
      const [from, until] = [Math.min(one, other), Math.max(one, other)].map((at) => start + at * 60_000) as [
        number,
        number,
      ];
      const isPart = (text: string, value: number): boolean =>
        text === "*" ||
        (text.startsWith("*/") ? value % Number(text.slice(2)) === 0 : value === Number(text));
      let last: number | undefined;
      for (let at = from + 60_000; at <= until; at += 60_000) {
        const time = new Date(at);
        if (isPart(minute, time.getUTCMinutes()) && isPart(hour, time.getUTCHours())) last = at;
      }
      expect(new CronTimes(`${minute} ${hour} * * *`, "UTC").lastBetween(from, until)).toBe(last);
    }),
    { numRuns: 40 },
  );
});
