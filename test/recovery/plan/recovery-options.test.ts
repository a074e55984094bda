import { expect, test } from "vitest";
import {
  defaultRecoveryOptions,
  onlyOrphanedLocks,
  resolveRecoveryOptions,
} from "../../../src/recovery/plan/recovery-options.ts";

test("without options a run does what the guide's auto_recover does, and nothing that destroys", () => {
  expect(resolveRecoveryOptions({})).toEqual({
    ...{ maxAllocationHours: 24, recoverCorrupted: true, cleanupOrphanedLocks: true },
    ...{ forceReleaseLongAllocated: false, includeAlive: false, pool: undefined, deep: false, dryRun: false },
    ...{ allowPoolRebuild: false, allowRoot: false, restoreMissing: false, lockTimeoutSeconds: 30 },
  });
});

test.each([
  ["conservative", { maxAllocationHours: 48, forceReleaseLongAllocated: false }],
  ["aggressive", { maxAllocationHours: 24, forceReleaseLongAllocated: true }],
  ["maintenance", { maxAllocationHours: 72, forceReleaseLongAllocated: false }],
] as const)("%s sets its own options and leaves the defaults of the configuration", (strategy, expected) => {
  const configured = {
    ...defaultRecoveryOptions,
    ...{ maxAllocationHours: 72, forceReleaseLongAllocated: true, lockTimeoutSeconds: 5 },
  };
  expect(resolveRecoveryOptions({ strategy }, configured)).toEqual({ ...configured, ...expected });
});

test("a single option wins over the strategy, unless it was not given", () => {
  const options = resolveRecoveryOptions({
    ...{ strategy: "aggressive", maxAllocationHours: 3, forceReleaseLongAllocated: undefined },
  } as never);
  expect(options).toMatchObject({ maxAllocationHours: 3, forceReleaseLongAllocated: true });
  expect(options).not.toHaveProperty("strategy");
});

test("a run for orphaned locks alone changes no slot", () => {
  expect(resolveRecoveryOptions(onlyOrphanedLocks)).toMatchObject({
    ...{ recoverCorrupted: false, forceReleaseLongAllocated: false, cleanupOrphanedLocks: true },
  });
});
