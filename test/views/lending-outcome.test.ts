import { expect, test } from "vitest";
import type { AllocationResult } from "../../src/lending/allocate-slot.ts";
import type { ReleaseResult } from "../../src/lending/release-slot.ts";
import { createAllocationOutcome, createReleaseOutcome } from "../../src/views/lending-outcome.ts";

const fields = { slot_id: "workspace-demo-slot1", state: "available" };
const slot = { path: "/pools/demo/slot1", reading: { kind: "valid", record: { fields } } };

/** The views read the record's fields and the path alone. */
const release = (given: object) =>
  createReleaseOutcome({ slot, warnings: [], ...given } as unknown as ReleaseResult);

test("a release says what was saved before its warnings", () => {
  expect(release({ kind: "released", salvageId: "s1", warnings: ["the fetch failed"] })).toEqual({
    record: fields,
    path: "/pools/demo/slot1",
    warnings: ["unsaved work was saved as s1", "the fetch failed"],
    refusal: undefined,
  });
});

test("an unusable slot has a record and a reason", () => {
  const outcome = release({ kind: "unusable", reason: "cleanup_failed", detail: "disk full" });
  expect(outcome.record).toBe(fields);
  expect(outcome.refusal).toMatchObject({ reason: "cleanup_failed", detail: "disk full" });
});

test("a refused release has no record", () => {
  const outcome = createReleaseOutcome({ kind: "refused", reason: "lock_held", detail: "held by 42" });
  expect(outcome).toMatchObject({ record: undefined, refusal: { reason: "lock_held" } });
});

test("an allocation that found no slot says what was wrong with each, or that all are in use", () => {
  const none = (passedOver: object[]) =>
    ({ kind: "none_available", passedOver }) as unknown as AllocationResult;
  const passed = { slotId: "workspace-demo-slot1", reason: "corrupted", detail: "HEAD is empty" };
  expect(createAllocationOutcome("demo", none([passed])).refusal?.detail).toBe(
    "workspace-demo-slot1: corrupted: HEAD is empty",
  );
  expect(createAllocationOutcome("demo", none([])).refusal).toEqual({
    reason: "none_available",
    detail: "every slot of demo is in use",
  });
});
