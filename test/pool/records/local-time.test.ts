import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { formatPoolTime, parsePoolTime, systemTimeZone } from "../../../src/pool/records/local-time.ts";

const ownZone = process.env["TZ"];

afterEach(() => {
  if (ownZone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = ownZone;
});

/** Every hour of these days: the clock changes in all of the zones below on one of them. */
const days = [
  "2026-03-08",
  "2026-03-29",
  "2026-04-05",
  "2026-07-01",
  "2026-10-04",
  "2026-10-25",
  "2026-11-01",
];
const instants = days.flatMap((day) =>
  Array.from({ length: 48 }, (_, half) => new Date(Date.parse(`${day}T00:00:00Z`) + half * 1_800_000)),
);

describe.each(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"])(
  "on a system in %s",
  (zone) => {
    test("local times are written and read as in the zone of that name", () => {
      process.env["TZ"] = zone;
      const written = instants.map((instant) => formatPoolTime(instant, systemTimeZone()));
      expect(written).toEqual(instants.map((instant) => formatPoolTime(instant, zone)));
      expect(written.map((text) => parsePoolTime(text, systemTimeZone()))).toEqual(
        written.map((text) => parsePoolTime(text, zone)),
      );
    });
  },
);

test("a time is read as the instant that was written, but for an hour that is there twice", () => {
  const zones = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Pacific/Chatham",
    "Africa/Casablanca",
  );
  const instants = fc.date({ min: new Date("1975-01-01"), max: new Date("2037-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(instants, zones, (instant, timeZone) => {
      const text = formatPoolTime(instant, timeZone);
      const read = parsePoolTime(text, timeZone)?.instant ?? new Date(NaN);
      expect(formatPoolTime(read, timeZone)).toBe(text);
      expect(instant.getTime() - read.getTime()).toBeOneOf([0, 3_600_000]);
    }),
  );
});
