import { expect, test } from "vitest";
import { selectTarget } from "../../../src/remediation/alerts/select-target.ts";
import { threeSlots } from "../fake-remediation.ts";

const select = (labels: Record<string, string>, instance?: string) =>
  selectTarget(new Map(Object.entries(labels)), threeSlots(), { scope: "slot", instance });

test("a slot and a pool of our inventory are targets", () => {
  const slot = { kind: "slot", slotId: "workspace-other-slot1", pool: "other" };
  expect(select({ slot: "workspace-other-slot1" })).toEqual(slot);
  expect(select({ pool: "other" })).toEqual({ kind: "pool", pool: "other" });
});

test("names that are not in our inventory are not ours, whatever they look like", () => {
  for (const slot of ["../../etc", "workspace-demo-slot3", "__proto__"]) {
    expect(select({ slot })).toEqual({ kind: "not_ours" });
  }
  expect(select({ pool: "elsewhere" })).toEqual({ kind: "not_ours" });
});

test("an instance that is not this host's is not ours, an absent one is", () => {
  const slot = "workspace-demo-slot1";
  expect(select({ slot, instance: "b:1" }, "a:1")).toEqual({ kind: "not_ours" });
  expect(select({ slot }, "a:1").kind).toBe("slot");
});
