import { expect, test } from "vitest";
import { approvalExpiresAt } from "../../../src/remediation/approvals/approval-expiry.ts";

const queuedAt = new Date("2026-05-04T12:00:00Z");

test("an approval is waited for as long as the configuration says, from when the recovery was queued", () => {
  const record = { state: "waiting_for_approval", queuedAt } as const;
  expect(approvalExpiresAt(record, { approvalTimeoutSeconds: 90 })).toEqual(new Date("2026-05-04T12:01:30Z"));
});

test.each(["queued", "running", "finished", "expired"] as const)(
  "what is %s waits for no approval",
  (state) => {
    expect(approvalExpiresAt({ state, queuedAt }, { approvalTimeoutSeconds: 90 })).toBeUndefined();
  },
);
