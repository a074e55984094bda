import { expect, test } from "vitest";
import { CronWindows, type CronWindow } from "../../src/schedule/cron-windows.ts";

const nightly: CronWindow = { schedule: "0 2 * * *", durationSeconds: 3600, pool: undefined };

function isOpenAt(window: CronWindow, time: string, pool?: string): boolean {
  return new CronWindows([window], "UTC").isOpen(pool, new Date(time));
}

test("a window is open from its opening until its duration is over", () => {
  expect(isOpenAt(nightly, "2026-05-04T01:59:59Z")).toBe(false);
  expect(isOpenAt(nightly, "2026-05-04T02:00:00Z")).toBe(true);
  expect(isOpenAt(nightly, "2026-05-04T02:59:59Z")).toBe(true);
  expect(isOpenAt(nightly, "2026-05-04T03:00:00Z")).toBe(false);
});

test("a window that opened before the first look is open", () => {
  const weekend = { ...nightly, schedule: "0 0 * * 6", durationSeconds: 2 * 86_400 };
  expect(isOpenAt(weekend, "2026-05-03T20:00:00Z")).toBe(true);
  expect(isOpenAt(weekend, "2026-05-04T00:00:00Z")).toBe(false);
});

test("the same windows, looked at again and again, open and close, also after the clock was set back", () => {
  const windows = new CronWindows([{ ...nightly, schedule: "30 0 2 * * *", durationSeconds: 90 }], "UTC");
  const seen = ["02:00:29", "02:00:30", "02:01:59", "02:02:00", "02:00:40", "02:00:10"].map((time) =>
    windows.isOpen(undefined, new Date(`2026-05-04T${time}Z`)),
  );
  expect(seen).toEqual([false, true, true, false, true, false]);
});

test("a window of one pool leaves the others alone, and a run over everything", () => {
  const ofDemo = { ...nightly, pool: "demo" };
  expect(isOpenAt(ofDemo, "2026-05-04T02:30:00Z", "demo")).toBe(true);
  expect(isOpenAt(ofDemo, "2026-05-04T02:30:00Z", "other")).toBe(false);
  expect(isOpenAt(ofDemo, "2026-05-04T02:30:00Z")).toBe(false);
});

test("the hour is that of the time zone", () => {
  const windows = new CronWindows([nightly], "Asia/Tokyo");
  expect(windows.isOpen(undefined, new Date("2026-05-03T17:30:00Z"))).toBe(true);
});

test("each window is told with its end while it is open", () => {
  const windows = new CronWindows([nightly, { ...nightly, schedule: "0 4 * * *", pool: "demo" }], "UTC");
  expect(windows.list(new Date("2026-05-04T02:30:00Z"))).toEqual([
    { ...nightly, endsAt: new Date("2026-05-04T03:00:00Z") },
    { ...nightly, schedule: "0 4 * * *", pool: "demo", endsAt: undefined },
  ]);
});
