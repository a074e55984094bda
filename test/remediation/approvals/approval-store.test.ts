import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApprovalStore } from "../../../src/remediation/approvals/approval-store.ts";
import type { Approval } from "../../../src/remediation/queue/recovery-queue.ts";
import { RecordingLogger } from "../../kit/recording-logger.ts";

const first = "00000000-0000-0000-0000-000000000001";
const second = "00000000-0000-0000-0000-000000000002";
const approvalOf = (recoveryId: string): Approval => ({
  recoveryId,
  decision: "approve",
  operator: "ada",
  at: new Date("2026-05-04T12:00:00.000Z"),
});

let stateDir = "";
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-approvals-"));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

const fileOf = (recoveryId: string) => join(stateDir, "remediation", "approvals", `${recoveryId}.json`);

test("the first decision about a recovery stands", () => {
  const store = new ApprovalStore(stateDir);
  expect(store.submit(approvalOf(first))).toBe(true);
  expect(store.submit({ ...approvalOf(first), decision: "reject" })).toBe(false);
  expect(store.read()).toEqual([approvalOf(first)]);
});

test.each([
  ["of a newer version", '{ "schema_version": 2 }', "is of version 2"],
  ["that is damaged", "{", "not JSON"],
])("a decision %s stays where it is, is said once, and keeps no other back", (_what, content, detail) => {
  const logger = new RecordingLogger();
  const store = new ApprovalStore(stateDir, logger);
  store.submit(approvalOf(first));
  store.submit(approvalOf(second));
  writeFileSync(fileOf(first), content);
  expect([store.read(), store.read()]).toEqual([[approvalOf(second)], [approvalOf(second)]]);
  expect(readFileSync(fileOf(first), "utf8")).toBe(content);
  expect(logger.lines).toEqual([
    {
      event: "remediation.decision_unreadable",
      fields: { error: expect.stringMatching(new RegExp(`${first}\\.json.*${detail}`)) as string },
    },
  ]);
});
