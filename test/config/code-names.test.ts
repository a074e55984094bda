import { expect, expectTypeOf, test } from "vitest";
import { toCodeNames, type CodeNames } from "../../src/config/code-names.ts";
import { Duration } from "../../src/config/duration.ts";

test("a key of the file is camelCase in code, at every depth and in lists", () => {
  expect(toCodeNames({ stale_lock_hours: 24, policies: [{ max_per_hour: 1 }] })).toEqual({
    staleLockHours: 24,
    policies: [{ maxPerHour: 1 }],
  });
});

test("a duration is a number of seconds, and its key says so", () => {
  expect(toCodeNames({ pass_wait: new Duration(60), cooldown: new Duration(5) })).toEqual({
    passWaitSeconds: 60,
    cooldownSeconds: 5,
  });
});

test("texts, lists of texts and missing values stay as they are", () => {
  const settings = { remote_aliases: ["a_b"], schedule: undefined };
  expect(toCodeNames(settings)).toEqual({ remoteAliases: ["a_b"], schedule: undefined });
});

test("the types say the same", () => {
  interface Written {
    pass_wait: Duration;
    max_unhealthy_ratio?: number | undefined;
    windows: { full_period?: Duration | undefined }[];
  }
  expectTypeOf<CodeNames<Written>>().toEqualTypeOf<{
    readonly passWaitSeconds: number;
    readonly maxUnhealthyRatio?: number | undefined;
    readonly windows: readonly { readonly fullPeriodSeconds?: number | undefined }[];
  }>();
});
