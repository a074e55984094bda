import { expect, test } from "vitest";
import {
  defaultPolicies,
  defaultRemediationSettings,
  selectPolicy,
  stricterMode,
  unattendedMode,
  type RemediationMode,
} from "../../../src/remediation/alerts/policy.ts";

const select = (labels: Record<string, string>) =>
  selectPolicy(defaultPolicies, new Map(Object.entries(labels)))?.name;

test("the shipped policies cover corrupted slots and orphaned locks that carry auto_recover, nothing else", () => {
  expect(select({ alertname: "RepoPoolSlotCorrupted", auto_recover: "true" })).toBe("corrupted-slots");
  expect(select({ alertname: "RepoPoolLockOrphaned", auto_recover: "true" })).toBe("orphaned-locks");
  expect(select({ alertname: "RepoPoolSlotCorrupted" })).toBeUndefined();
  expect(select({ alertname: "RepoPoolSlotLongAllocated", auto_recover: "true" })).toBeUndefined();
});

test("the first policy whose matchers hold wins", () => {
  const [first, second] = defaultPolicies;
  if (first === undefined || second === undefined) throw new Error("two shipped policies expected");
  expect(selectPolicy([{ ...second, matchers: [] }, first], new Map())?.name).toBe(second.name);
});

test("a global mode other than live outranks the policy's", () => {
  expect(stricterMode("live", "approve")).toBe("approve");
  expect(stricterMode("dry_run", "live")).toBe("dry_run");
  expect(stricterMode("off", "live")).toBe("off");
});

test("recovery.mode and its older name have one meaning, and the stricter holds", () => {
  const modeOf = (mode: RemediationMode, older?: RemediationMode) =>
    unattendedMode({ recovery: { mode }, remediation: { mode: older } });
  expect(modeOf("live")).toBe("live");
  expect(modeOf("dry_run", "live")).toBe("dry_run");
  expect(modeOf("live", "dry_run")).toBe("dry_run");
  expect(modeOf("approve", "off")).toBe("off");
});

test("a shipped policy repairs single slots and releases nobody's allocation", () => {
  for (const policy of defaultPolicies)
    expect(policy).toMatchObject({
      ...{ options: { strategy: "conservative" }, mode: "live", scope: "slot", maxPerHour: undefined },
    });
});

test("nothing is done about an alert before somebody turns it on", () => {
  expect(defaultRemediationSettings).toEqual({
    ...{ isEnabled: false, mode: "live", policies: defaultPolicies, queueSize: 1000, concurrency: 2 },
    ...{ approvalTimeoutSeconds: 3600, lockTimeoutSeconds: 30, instance: undefined },
  });
});
