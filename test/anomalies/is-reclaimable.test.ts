import { describe, expect, test } from "vitest";
import { isReclaimable } from "../../src/anomalies/is-reclaimable.ts";
import { judgeUnsavedWork } from "../../src/anomalies/judge-unsaved-work.ts";
import type { SlotSnapshot } from "../../src/anomalies/snapshot.ts";
import { aPool, aSlot, snapshotTime } from "../kit/a-snapshot.ts";

const secondsBefore = (seconds: number) => new Date(snapshotTime.getTime() - seconds * 1000);
const ownedBy = (evidence: string) => ({ evidence }) as unknown as SlotSnapshot["owner"];

describe("a work tree", () => {
  test.each([
    ["that nobody used for longer than allowed", ownedBy("none"), secondsBefore(61), true],
    ["that was used exactly so long ago", ownedBy("none"), secondsBefore(60), false],
    ["of which nothing tells when it was used", ownedBy("none"), undefined, false],
    ["that a process uses", ownedBy("process"), secondsBefore(1e6), false],
    ["whose owner nobody looked for", undefined, secondsBefore(1e6), false],
  ])("%s: whether it can be reclaimed", (_what, owner, lastActivityAt, expected) => {
    const slot = aSlot({ owner, lastActivityAt });
    expect(isReclaimable(slot, aPool({ maxAllocationSeconds: 60 }), snapshotTime)).toBe(expected);
  });
});

describe("a look for unsaved work", () => {
  const seenAt = snapshotTime;

  test("that found some holds whatever happened since", () => {
    expect(judgeUnsavedWork({ kinds: ["stash"], seenAt: undefined }, snapshotTime)).toEqual(["stash"]);
    expect(judgeUnsavedWork({ kinds: ["stash"], seenAt: secondsBefore(9) }, seenAt)).toEqual(["stash"]);
  });

  test("that found none says nothing of a slot that changed after it", () => {
    expect(judgeUnsavedWork({ kinds: [], seenAt: secondsBefore(1) }, seenAt)).toEqual(["unknown"]);
    expect(judgeUnsavedWork({ kinds: [], seenAt: undefined }, undefined)).toEqual(["unknown"]);
    expect(judgeUnsavedWork({ kinds: [], seenAt }, seenAt)).toEqual([]);
    expect(judgeUnsavedWork({ kinds: [], seenAt }, undefined)).toEqual([]);
  });
});
