import { expect, test } from "vitest";
import { selectReclaimable, type ReclaimCandidate } from "../../../src/recovery/plan/select-reclaimable.ts";

const now = new Date("2026-05-04T12:00:00Z");

const aCandidate = (
  slotId: string,
  idleSeconds: number | undefined,
  given: Partial<ReclaimCandidate> = {},
) => ({
  ...{ slotId, bytes: 100, isKept: false },
  lastActiveAt: idleSeconds === undefined ? undefined : new Date(now.getTime() - idleSeconds * 1000),
  ...given,
});

const taken = (slots: ReclaimCandidate[], limits: Partial<Parameters<typeof selectReclaimable>[1]>) =>
  selectReclaimable(slots, { maxAgeSeconds: undefined, maxBytes: undefined, ...limits }, now).map(
    ({ slotId }) => slotId,
  );

test("without a limit nothing is taken", () => {
  expect(taken([aCandidate("a", 1e9)], {})).toEqual([]);
});

test("what was idle for the whole age is taken, a second before it is not", () => {
  const slots = [aCandidate("young", 59), aCandidate("old", 60), aCandidate("older", 61)];
  expect(taken(slots, { maxAgeSeconds: 60 })).toEqual(["older", "old"]);
});

test("the least recently active are taken until the rest fits", () => {
  const slots = [aCandidate("last", 10), aCandidate("first", 30), aCandidate("second", 20)];
  expect(taken(slots, { maxBytes: 300 })).toEqual([]);
  expect(taken(slots, { maxBytes: 299 })).toEqual(["first"]);
  expect(taken(slots, { maxBytes: 100 })).toEqual(["first", "second"]);
});

test("what goes because of its age makes room for the rest", () => {
  const slots = [aCandidate("old", 90), aCandidate("young", 10)];
  expect(taken(slots, { maxAgeSeconds: 60, maxBytes: 100 })).toEqual(["old"]);
});

test("a slot of which nothing tells when it was active is never taken, and what it takes counts", () => {
  const slots = [aCandidate("unknown", undefined), aCandidate("known", 10)];
  expect(taken(slots, { maxAgeSeconds: 0 })).toEqual(["known"]);
  expect(taken(slots, { maxBytes: 150 })).toEqual(["known"]);
  expect(taken(slots, { maxBytes: 0 })).toEqual(["known"]);
});

test("a kept slot frees nothing, so that the next one is taken for it", () => {
  const slots = [aCandidate("kept", 30, { isKept: true }), aCandidate("next", 20), aCandidate("last", 10)];
  expect(taken(slots, { maxBytes: 200 })).toEqual(["kept", "next"]);
});
