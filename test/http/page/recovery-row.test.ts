import { expect, test } from "vitest";
import { recoveryRow } from "../../../src/http/page/page-sections.ts";
import type { ActionReport } from "../../../src/recovery/recovery-report.ts";
import { aRecovery } from "../fake-http-dependencies.ts";

const now = new Date("2026-05-04T12:00:00Z");
const step: ActionReport = {
  ...{ slotId: "workspace-demo-slot1", repoName: "demo", action: "restore_links", outcome: "planned" },
  ...{ reason: "head_invalid", detail: "until the check passes", durationSeconds: 0, purpose: "repair" },
};

function show(actions: readonly ActionReport[]): string {
  return recoveryRow(aRecovery({ actions }), { writer: undefined, now }).markup;
}

test("a plan says what the order of its steps means", () => {
  expect(show([step])).toContain("tried in this order until the check passes");
});

test("what was done is no plan", () => {
  const { slotId, repoName, action, reason, detail, durationSeconds } = step;
  const done = { slotId, repoName, action, reason, detail, durationSeconds, outcome: "done" } as const;
  expect(show([done])).not.toContain("tried in this order");
  expect(show([done])).toContain("restore_links");
});
