import { expect, test } from "vitest";
import type { Snapshot } from "../../../src/anomalies/snapshot.ts";
import { describeUnseen } from "../../../src/recovery/execute/describe-unseen.ts";

const problems = [
  { code: "unsupported", slotId: "workspace-demo-slot1", detail: "a newer format" },
  { code: "ownership", slotId: "workspace-demo-slot1", detail: "another user's" },
  { code: "slot_uninspectable", slotId: "workspace-demo-slot2", detail: "EIO" },
  { code: "unsupported", detail: "the main repository" },
  { code: "pool_metadata_invalid", detail: "pool.json" },
];
const found = {
  snapshot: { errors: [], pools: [{ problems }] } as unknown as Snapshot,
  admitted: [],
};
const byPerson = (slotId?: string) => describeUnseen({ slotId, trigger: "command" }, found);

test("a person's run says each thing that it could not read", () => {
  expect(byPerson()).toEqual([
    "unsupported: a newer format",
    "slot_uninspectable: EIO",
    "unsupported: the main repository",
    "pool_metadata_invalid: pool.json",
  ]);
});

test("a person's run about one slot says what it could not read of that slot, or of what its pool shares", () => {
  expect(byPerson("workspace-demo-slot2")).toEqual([
    "slot_uninspectable: EIO",
    "unsupported: the main repository",
  ]);
});

test("a run that no person started says nothing of it: a collection reports the same", () => {
  expect(describeUnseen({ slotId: undefined, trigger: "alert" }, found)).toEqual([]);
});
