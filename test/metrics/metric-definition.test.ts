import { expect, test } from "vitest";
import {
  closedCombinations,
  counter,
  gauge,
  hasKnownLabels,
  histogram,
  isPerSlot,
} from "../../src/metrics/metric-definition.ts";

const labels = { outcome: ["done", "failed"], mode: ["live", "dry_run"] };

test("a metric has the labels and buckets that it is given, or none", () => {
  expect(gauge("a", "A.")).toEqual({ name: "a", kind: "gauge", help: "A.", labels: {}, buckets: [] });
  expect(counter("a_total", "A.", labels)).toMatchObject({ kind: "counter", labels, buckets: [] });
  expect(histogram("a", "A.", [1, 5], labels)).toMatchObject({ kind: "histogram", labels, buckets: [1, 5] });
});

test("each combination of closed labels is there from the start", () => {
  expect(closedCombinations(counter("a_total", "A.", labels))).toEqual([
    { outcome: "done", mode: "live" },
    { outcome: "done", mode: "dry_run" },
    { outcome: "failed", mode: "live" },
    { outcome: "failed", mode: "dry_run" },
  ]);
  expect(closedCombinations(gauge("a", "A."))).toEqual([{}]);
});

test("a label that is not closed has no combinations", () => {
  expect(closedCombinations(gauge("a", "A.", { ...labels, pool: "pool" }))).toEqual([]);
});

test("only a metric with the label slot has a series for each slot", () => {
  expect(isPerSlot(gauge("a", "A.", { pool: "pool", slot: "slot" }))).toBe(true);
  expect(isPerSlot(gauge("a", "A.", { pool: "pool" }))).toBe(false);
});

test.each([
  [{ mode: "live", pool: "any" }, true],
  [{ mode: "whim", pool: "any" }, false],
  [{ mode: "live" }, false],
  [{ mode: "live", slot: "any" }, false],
  [{ mode: "live", pool: "any", path: "any" }, false],
  [{}, false],
])("the labels %j make a series: %s", (given: Record<string, string>, isKnown) => {
  const metric = gauge("a", "A.", { mode: ["live", "dry_run"], pool: "pool" });
  expect(hasKnownLabels(metric, given)).toBe(isKnown);
});
