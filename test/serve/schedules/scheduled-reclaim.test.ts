import { expect, test } from "vitest";
import { silentLogger } from "../../../src/platform/logger.ts";
import {
  defaultRecoveryOptions,
  resolveRecoveryOptions,
  type RecoveryOptionsInput,
} from "../../../src/recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../../src/recovery/recovery-request.ts";
import { defaultRemediationSettings, type RemediationMode } from "../../../src/remediation/alerts/policy.ts";
import {
  ScheduledReclaim,
  type ScheduledReclaimOptions,
} from "../../../src/serve/schedules/scheduled-reclaim.ts";
import { emptyReport } from "../../remediation/fake-remediation.ts";

/** What a tick runs at once, and what it lets wait for a person. */
async function tickIn(mode: RemediationMode, isLeader = true) {
  const seen: { ran: RecoveryRequest[]; waits: RecoveryRequest[] } = { ran: [], waits: [] };
  const createRequest = ({ input }: { input: RecoveryOptionsInput }): RecoveryRequest => ({
    ...{ recoveryId: "r", trigger: "command", requestedBy: "nobody", slotId: undefined, force: false },
    options: resolveRecoveryOptions(input, defaultRecoveryOptions),
  });
  const live = {
    services: { recovery: { createRequest } },
    remediation: { ...defaultRemediationSettings, mode },
  } as unknown as ScheduledReclaimOptions["live"];
  await new ScheduledReclaim({
    ...{ live, leadership: { isLeader: () => isLeader }, logger: silentLogger },
    runner: { run: (given) => Promise.resolve(emptyReport).finally(() => seen.ran.push(given)) },
    remediation: { awaitApproval: (given) => seen.waits.push(given) > 0 },
  }).run();
  return seen;
}

test("nothing is reclaimed in mode off, nor by a serve that only watches", async () => {
  expect(await tickIn("off")).toEqual({ ran: [], waits: [] });
  expect(await tickIn("live", false)).toEqual({ ran: [], waits: [] });
});

test("a person is asked in mode approve, and a program that knows no reclaim would recover nothing", async () => {
  const { ran, waits } = await tickIn("approve");
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
  ["dry_run", true],
  ["live", false],
] as const)("a reclaim in mode %s runs with dryRun %s", async (mode, dryRun) => {
  const { ran, waits } = await tickIn(mode);
  expect(ran.map(({ task, options }) => [task, options.dryRun])).toEqual([["reclaim", dryRun]]);
  expect(waits).toEqual([]);
});
