import { expect, test } from "vitest";
import { createDefaultConfig } from "../../../src/config/default-config.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { defaultRecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import type { RecoveryRequest } from "../../../src/recovery/recovery-request.ts";
import { defaultRemediationSettings, type RemediationMode } from "../../../src/remediation/alerts/policy.ts";
import {
  ScheduledRecovery,
  type ScheduledRecoveryOptions,
} from "../../../src/serve/schedules/scheduled-recovery.ts";
import { emptyReport } from "../../remediation/fake-remediation.ts";

/** What a tick runs at once, and what it lets wait for a person. */
async function tickIn(mode: RemediationMode) {
  const request: RecoveryRequest = {
    ...{ recoveryId: "r", trigger: "command", requestedBy: "nobody", slotId: undefined, force: false },
    options: defaultRecoveryOptions,
  };
  const seen: { ran: RecoveryRequest[]; waits: RecoveryRequest[] } = { ran: [], waits: [] };
  const live = {
    config: createDefaultConfig("/home/nobody"),
    services: { recovery: { createRequest: () => request } },
    remediation: { ...defaultRemediationSettings, mode },
  } as unknown as ScheduledRecoveryOptions["live"];
  await new ScheduledRecovery({
    ...{ live, logger: silentLogger },
    runner: { run: (given) => Promise.resolve(emptyReport).finally(() => seen.ran.push(given)) },
    remediation: { awaitApproval: (given) => seen.waits.push(given) > 0 },
  }).run();
  return seen;
}

test("a schedule does nothing in mode off, and asks a person in mode approve", async () => {
  expect(await tickIn("off")).toEqual({ ran: [], waits: [] });
  const { ran, waits } = await tickIn("approve");
  expect([ran.length, waits.map(({ trigger }) => trigger)]).toEqual([0, ["schedule"]]);
});

test.each([
  ["dry_run", true],
  ["live", false],
] as const)("a schedule in mode %s runs with dryRun %s", async (mode, dryRun) => {
  const { ran, waits } = await tickIn(mode);
  expect(ran.map(({ trigger, options }) => [trigger, options.dryRun])).toEqual([["schedule", dryRun]]);
  expect(waits).toEqual([]);
});
