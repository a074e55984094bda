import { expect, test } from "vitest";
import type { PoolSnapshot, SlotSnapshot } from "../../src/anomalies/snapshot.ts";
import { noSlotTotals, updateSlotTotals } from "../../src/metrics/slot-totals.ts";
import { aPool, aSlot, aSnapshot } from "../kit/a-snapshot.ts";

/** The allocations of the pool `demo` after each of these collections. */
function allocationsAfter(collections: readonly (readonly SlotSnapshot[] | PoolSnapshot)[]): number[] {
  let totals = noSlotTotals;
  return collections.map((collection) => {
    const pool = "slots" in collection ? collection : aPool({ slots: [...collection] });
    totals = updateSlotTotals(totals, aSnapshot({ pools: [pool] }));
    return totals.get("demo")?.allocationCount ?? Number.NaN;
  });
}

const first = (allocationCount: number) => aSlot({ allocationCount });
const second = (allocationCount: number) => aSlot({ slotId: "workspace-demo-slot2", allocationCount });
const unreadable = aSlot({ state: undefined, allocationCount: 0 });

test("the first collection counts what the slots had already counted", () => {
  expect(allocationsAfter([[first(5), second(2)]])).toEqual([7]);
});

test("a removed slot leaves what it had counted", () => {
  expect(allocationsAfter([[first(5), second(2)], [first(6)]])).toEqual([7, 8]);
});

test("a slot that was removed and added anew counts from 0", () => {
  expect(allocationsAfter([[first(5), second(40)], [first(5)], [first(5), second(1)]])).toEqual([45, 45, 46]);
});

test("a slot that was missing for a while and comes back as it was counts nothing twice", () => {
  expect(allocationsAfter([[first(5), second(40)], [first(5)], [first(5), second(41)]])).toEqual([
    45, 45, 46,
  ]);
});

test("a slot.json that cannot be read for a while changes nothing", () => {
  expect(allocationsAfter([[first(5)], [unreadable], [first(5)], [first(6)]])).toEqual([5, 5, 5, 6]);
});

test("an older copy of slot.json that was put back counts nothing twice", () => {
  expect(allocationsAfter([[first(5)], [first(3)], [first(5)], [first(6)]])).toEqual([5, 5, 5, 6]);
});

test("a pool that cannot be read does not make its slots count as removed", () => {
  const down = aPool({ isUp: false, slots: [] });
  expect(allocationsAfter([[first(5)], down, [first(4)]])).toEqual([5, 5, 5]);
});

test("seconds of usage are summed like allocations", () => {
  const totals = updateSlotTotals(
    noSlotTotals,
    aSnapshot({ pools: [aPool({ slots: [aSlot({ totalUsageSeconds: 1.5 })] })] }),
  );
  expect(totals.get("demo")?.usageSeconds).toBe(1.5);
});
