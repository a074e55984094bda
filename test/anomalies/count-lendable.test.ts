import { expect, test } from "vitest";
import { countLendable } from "../../src/anomalies/count-lendable.ts";
import { aPool, aSlot } from "../kit/a-snapshot.ts";

const held = { kind: "held", holders: [] } as const;

test.each([
  ["available and sound", {}, 1],
  ["a lock whose holder cannot be seen", { lock: { kind: "unknown" } as const }, 1],
  ["allocated", { state: "allocated" as const }, 0],
  ["isolated", { state: "error" as const }, 0],
  ["of an unknown state", { state: undefined }, 0],
  ["corrupted", { reasons: ["head_invalid" as const] }, 0],
  ["locked", { lock: held }, 0],
  ["with a lock at which an allocation stops", { isBlocked: true }, 0],
])("a slot that is %j counts %j as %i", (_what, given, count) => {
  expect(countLendable(aPool({ slots: [aSlot(given)] }), { errors: [] })).toBe(count);
});

test("a slot that was not read whole, or belongs to another user, is not lent", () => {
  const { slotId } = aSlot();
  const ownership = { code: "ownership", slotId, detail: "" } as const;
  expect(countLendable(aPool({ problems: [ownership] }), { errors: [] })).toBe(0);
  const unread = { code: "unread", slotId, detail: "" } as const;
  expect(countLendable(aPool(), { errors: [unread] })).toBe(0);
  expect(countLendable(aPool({ problems: [{ ...ownership, code: "zoned_time" }] }), { errors: [] })).toBe(1);
  expect(countLendable(aPool(), { errors: [{ ...unread, slotId: "workspace-other-slot1" }] })).toBe(1);
});

test("a pool that cannot be used as a whole lends nothing", () => {
  for (const code of ["ownership", "unsupported", "unread"] as const)
    expect(countLendable(aPool({ problems: [{ code, detail: "" }] }), { errors: [] })).toBe(0);
  expect(countLendable(aPool({ problems: [{ code: "leftovers", detail: "" }] }), { errors: [] })).toBe(1);
});

test("a place of the pool that could not be read hinders it, the pool beside it does not", () => {
  const errorAt = (path: string | undefined, slotId?: string) =>
    ({ code: "unread", detail: "", path, slotId }) as Parameters<typeof countLendable>[1]["errors"][number];
  const count = (...errors: ReturnType<typeof errorAt>[]) => countLendable(aPool(), { errors });
  expect(count(errorAt("/pools/demo/slot1"))).toBe(0);
  expect(count(errorAt("/pools/demo-2/slot1"))).toBe(1);
  expect(count(errorAt("/backup/pools/demo/"))).toBe(1);
  expect(count(errorAt(undefined))).toBe(1);
  expect(count(errorAt("/pools/demo/slot7", "workspace-demo-slot7"))).toBe(1);
});

test("nobody allocates the slots of a source without a pool manager", () => {
  expect(countLendable(aPool({ source: "agents" }), { errors: [] })).toBe(0);
});
