import { describe, expect, test } from "vitest";
import { selectDueChecks } from "../../../src/serve/deep-checks/due-checks.ts";
import type { DeepKnowledge } from "../../../src/serve/watch/watch-state.ts";
import type { StoreGroup } from "../../../src/inspection/deep/deep-inspection.ts";
import type { SlotInspection } from "../../../src/inspection/slot-inspection.ts";

const now = new Date("2026-05-04T12:00:00Z");
const secondsPerDay = 86_400;

function daysAgo(days: number): Date {
  return new Date(now.getTime() - days * secondsPerDay * 1000);
}

function aStore(name: string, slotIds: readonly string[] = [name]): StoreGroup {
  const members = slotIds.map((slotId) => ({ slot: { slotId } }) as SlotInspection);
  return { commonDirectory: `/pool/${name}`, members };
}

function checked(connectivity: Date, full: Date, findings: DeepKnowledge["findings"] = []): DeepKnowledge {
  const at = { connectivity, full };
  const seen = {
    unsavedWork: [],
    unsavedWorkSeenAt: undefined,
    diskBytes: undefined,
    worktreeChangedAt: undefined,
  };
  return { checkedAt: at, verifiedAt: at, findings, filesDigest: undefined, ...seen };
}

const fault = { code: "object_corrupt", path: "", expected: "", found: "", depth: "full" } as const;

function select(
  stores: readonly StoreGroup[],
  known: Readonly<Record<string, DeepKnowledge>>,
  changed: readonly string[] = [],
): string[] {
  const due = selectDueChecks({
    groups: stores,
    now,
    connectivityPeriodSeconds: secondsPerDay,
    fullPeriodSeconds: 7 * secondsPerDay,
    deep: (slotId) => known[slotId],
    isChanged: (slotId) => changed.includes(slotId),
  });
  return due.map(({ group, depth }) => `${group.members.map(({ slot }) => slot.slotId).join("+")} ${depth}`);
}

describe("deep checks that are due", () => {
  test("begin with connectivity for a store that none has seen", () => {
    expect(select([aStore("a")], {})).toEqual(["a connectivity"]);
  });

  test("go on with the full check once connectivity is known", () => {
    const seen = { ...checked(now, now), checkedAt: { connectivity: now } };
    expect(select([aStore("a")], { a: seen })).toEqual(["a full"]);
  });

  test("are none where both were made within their periods", () => {
    expect(select([aStore("a")], { a: checked(daysAgo(0.5), daysAgo(3)) })).toEqual([]);
  });

  test("come before the period ends, so that no slot is ever older than it", () => {
    const stores = Array.from({ length: 50 }, (_, index) => aStore(`slot${index}`));
    const known = Object.fromEntries(
      stores.map((_, index) => [`slot${index}`, checked(daysAgo(0.96), daysAgo(1))]),
    );
    expect(select(stores, known)).toHaveLength(50);
  });

  test("are spread over time for slots that were checked at the same moment", () => {
    const stores = Array.from({ length: 50 }, (_, index) => aStore(`slot${index}`));
    const known = Object.fromEntries(
      stores.map((_, index) => [`slot${index}`, checked(daysAgo(0.85), daysAgo(1))]),
    );
    const count = select(stores, known).length;
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(40);
  });

  test("look once at a store that slots share, as soon as one of them needs it", () => {
    const store = aStore("main", ["a", "b"]);
    expect(select([store], { a: checked(now, now) })).toEqual(["a+b connectivity"]);
  });

  test("look in full again, before all else, where the files of a fault changed", () => {
    const known = { b: checked(now, now, [fault]) };
    expect(select([aStore("a"), aStore("b")], known, ["b"])).toEqual(["b full", "a connectivity"]);
  });

  test("leave a fault alone whose files are as they were, for an hour", () => {
    expect(select([aStore("a")], { a: checked(now, now, [fault]) })).toEqual([]);
    const anHourAgo = daysAgo(1 / 24);
    expect(select([aStore("a")], { a: checked(anHourAgo, anHourAgo, [fault]) })).toEqual(["a full"]);
  });
});
