import { expect, test } from "vitest";
import { selectExpired } from "../../../src/salvage/retention/retention.ts";
import type { KeptWork } from "../../../src/salvage/salvage-store.ts";

const now = new Date("2026-05-04T12:00:00Z");
const day = 86_400;
const limits = { maxAgeSeconds: 30 * day, minAgeSeconds: day, maxBytes: 100 };

function kept(id: string, ageDays: number, bytes: number): KeptWork {
  const createdAt = new Date(now.getTime() - ageDays * day * 1000);
  return {
    kind: "salvage",
    id,
    slotId: "workspace-demo-slot1",
    repoName: "demo",
    createdAt,
    reason: "test",
    bytes,
    path: `/state/salvage/${id}`,
    complete: true,
  };
}

const idsOf = (works: readonly KeptWork[]): string[] =>
  selectExpired(works, limits, now).map(({ kept: { id }, because }) => `${id} ${because}`);

test("what is past its age goes, however little space it takes", () => {
  expect(idsOf([kept("old", 31, 1), kept("new", 29, 1)])).toEqual(["old max_age"]);
});

test("the oldest go until the rest fits", () => {
  expect(idsOf([kept("c", 2, 60), kept("a", 4, 60), kept("b", 3, 60)])).toEqual([
    "a max_bytes",
    "b max_bytes",
  ]);
});

test("what is younger than the minimum stays, however much space it takes", () => {
  expect(idsOf([kept("young", 0.5, 1000)])).toEqual([]);
});

test("what the clock says is from the future stays", () => {
  expect(idsOf([kept("future", -40, 1000)])).toEqual([]);
});
