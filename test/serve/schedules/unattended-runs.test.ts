import { expect, test } from "vitest";
import { createDefaultConfig } from "../../../src/config/default-config.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "../../../src/recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../../src/recovery/recovery-request.ts";
import { defaultRemediationSettings, type RemediationMode } from "../../../src/remediation/alerts/policy.ts";
import {
  reclaimBeyondLimits,
  recoverAll,
  type UnattendedRunOptions,
} from "../../../src/serve/schedules/unattended-runs.ts";
import { emptyReport } from "../../remediation/fake-remediation.ts";

type Task = (options: UnattendedRunOptions) => Promise<void>;

/** What a tick runs at once, and what it lets wait for a person. */
async function tick(task: Task, mode: RemediationMode, isLeader = true) {
  const seen: { ran: RecoveryRequest[]; waits: RecoveryRequest[] } = { ran: [], waits: [] };
  const createRequest = ({ input }: { input: RecoveryOptionsInput }): RecoveryRequest => ({
    ...{ recoveryId: "r", trigger: "command", requestedBy: "nobody", slotId: undefined, force: false },
    options: resolveRecoveryOptions(input, defaultRecoveryOptions),
  });
  const live = {
    config: createDefaultConfig("/home/nobody"),
    services: { recovery: { createRequest } },
    remediation: { ...defaultRemediationSettings, mode },
  } as unknown as UnattendedRunOptions["live"];
  await task({
    ...{ live, leadership: { isLeader: () => isLeader }, logger: silentLogger },
    runner: { run: (given) => Promise.resolve(emptyReport).finally(() => seen.ran.push(given)) },
    remediation: { awaitApproval: (given) => seen.waits.push(given) > 0 },
  });
  return seen;
}

test("nothing is done in mode off, and nothing is reclaimed by a serve that only watches", async () => {
  const nothing = { ran: [], waits: [] };
  expect(await tick(recoverAll, "off")).toEqual(nothing);
  expect(await tick(reclaimBeyondLimits, "off")).toEqual(nothing);
  expect(await tick(reclaimBeyondLimits, "live", false)).toEqual(nothing);
});

test("a person is asked in mode approve, with the strategy of the configuration", async () => {
  const { ran, waits } = await tick(recoverAll, "approve");
  expect(ran).toEqual([]);
  expect(waits).toMatchObject([{ trigger: "schedule", options: { dryRun: false, maxAllocationHours: 48 } }]);
});

test("a person is asked in mode approve, and a program that knows no reclaim would recover nothing", async () => {
  const { ran, waits } = await tick(reclaimBeyondLimits, "approve");
  expect(ran).toEqual([]);
  expect(waits).toMatchObject([
    {
      ...{ task: "reclaim", trigger: "schedule", slotId: undefined },
      options: {
        ...{ dryRun: false, recoverCorrupted: false },
        ...{ forceReleaseLongAllocated: false, cleanupOrphanedLocks: false },
      },
    },
  ]);
});

test.each([
  ["recover", recoverAll, "dry_run", true],
  ["recover", recoverAll, "live", false],
  ["reclaim", reclaimBeyondLimits, "dry_run", true],
  ["reclaim", reclaimBeyondLimits, "live", false],
] as const)("the task %s in mode %s runs with dryRun %s", async (name, task, mode, dryRun) => {
  const { ran, waits } = await tick(task, mode);
  expect(ran.map((request) => [request.task, request.options.dryRun])).toEqual([[name, dryRun]]);
  expect(waits).toEqual([]);
});
