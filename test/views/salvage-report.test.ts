import { expect, test } from "vitest";
import type { KeptWork } from "../../src/salvage/salvage-store.ts";
import { createPruneReport, createSalvageReport } from "../../src/views/salvage-report.ts";

function keptWork(given: Partial<KeptWork> = {}): KeptWork {
  return {
    kind: "salvage",
    id: "s1",
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    createdAt: new Date("2026-05-04T12:00:00Z"),
    reason: "reclone",
    bytes: 2048,
    path: "/state/salvage/s1",
    complete: true,
    ...given,
  };
}

test("a salvage names where else the slot's files are, and no other slot's", () => {
  const quarantine = [
    keptWork({ kind: "quarantine", path: "/state/quarantine/q1" }),
    keptWork({ kind: "quarantine", path: "/state/quarantine/q2", slotId: "workspace-demo-slot2" }),
  ];
  const report = createSalvageReport(keptWork(), { manifest: undefined, quarantine });
  expect(report).toMatchObject({ id: "s1", created_at: "2026-05-04T12:00:00.000Z", complete: true });
  expect(report.quarantined).toEqual(["/state/quarantine/q1"]);
  expect("manifest" in report).toBe(false);
});

test("what was pruned is told by id, kind, size and why", () => {
  const removed = [{ kept: keptWork(), because: "max_age" as const }];
  expect(createPruneReport({ kind: "pruned", removed, errors: [] }, { dryRun: true })).toEqual({
    dry_run: true,
    removed: [{ id: "s1", kind: "salvage", bytes: 2048, because: "max_age" }],
    errors: [],
  });
});
