import { expect, test } from "vitest";
import { reportMissedRecovery } from "../../../src/serve/schedules/report-missed-recovery.ts";
import { createDefaultConfig } from "../../../src/config/default-config.ts";
import { silentLogger } from "../../../src/platform/logger.ts";

const now = new Date("2026-05-04T12:00:00Z");
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

/** What is said and counted at a start. */
function reportAt(given: { schedule?: string; lastRunAt?: Date }) {
  const said: unknown[] = [];
  const config = createDefaultConfig("/home/nobody");
  const recovery = { ...config.recovery, schedule: given.schedule };
  const parts = {
    live: { config: { recovery, timezone: "UTC" } },
    journalFeed: { read: () => undefined, lastRunAt: () => given.lastRunAt },
    metrics: { increment: (_metric: unknown, labels: unknown) => said.push(labels) },
  };
  const logger = {
    ...silentLogger,
    warn: (fields: object, event: string) => void said.push({ ...fields, event }),
  };
  reportMissedRecovery(parts, { logger, now });
  return said;
}

const nightly = "0 2 * * *";

test("a recovery that was due while no serve ran is said and counted, once", () => {
  const lastRunAt = hoursAgo(58);
  expect(reportAt({ schedule: nightly, lastRunAt })).toEqual([
    { schedule: "recovery", lastRunAt: lastRunAt.toISOString(), event: "schedule.missed" },
    { schedule: "recovery", reason: "missed" },
  ]);
});

test("a month without a run is reported too", () => {
  expect(reportAt({ schedule: nightly, lastRunAt: hoursAgo(24 * 30) })).toHaveLength(2);
});

test.each([
  ["the last one was made", { schedule: nightly, lastRunAt: hoursAgo(10) }],
  ["there has never been one", { schedule: nightly }],
  ["none is scheduled any more", { lastRunAt: hoursAgo(58) }],
])("nothing is missed where %s", (_name, given) => {
  expect(reportAt(given)).toEqual([]);
});
