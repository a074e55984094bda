import fc from "fast-check";
import { expect, test } from "vitest";
import { renderHeader, renderSample } from "../../src/metrics/exposition-lines.ts";
import { counter, gauge } from "../../src/metrics/metric-definition.ts";
import { sample } from "../../src/metrics/sample.ts";

const metric = gauge("demo_bytes", 'Says "one",\nthen \\two.');

test("HELP escapes line ends and backslashes, and quotes in OpenMetrics alone", () => {
  expect(renderHeader(metric, "text")).toBe(
    '# HELP demo_bytes Says "one",\\nthen \\\\two.\n# TYPE demo_bytes gauge\n',
  );
  expect(renderHeader(metric, "openmetrics")).toBe(
    '# HELP demo_bytes Says \\"one\\",\\nthen \\\\two.\n# TYPE demo_bytes gauge\n',
  );
});

test("a counter's family has no _total in OpenMetrics, its samples have it in both", () => {
  const runs = counter("demo_runs_total", "Runs.");
  expect(renderHeader(runs, "text")).toContain("# TYPE demo_runs_total counter");
  expect(renderHeader(runs, "openmetrics")).toContain("# TYPE demo_runs counter");
  expect(renderSample(sample(runs, 3))).toBe("demo_runs_total 3\n");
  const gaugeOfAll = gauge("demo_slots_total", "Slots.");
  expect(renderHeader(gaugeOfAll, "openmetrics")).toContain("# TYPE demo_slots_total gauge");
});

test("labels stand in braces, with commas between them", () => {
  expect(renderSample(sample(metric, 1, { pool: "a", slot: "b", state: "c" }))).toBe(
    'demo_bytes{pool="a",slot="b",state="c"} 1\n',
  );
});

test("label values escape quotes, backslashes and line ends, so that none can end its line", () => {
  const line = renderSample(sample(metric, 1, { slot: 'a"} 9\nb\\c' }));
  expect(line).toBe('demo_bytes{slot="a\\"} 9\\nb\\\\c"} 1\n');
});

test.each([
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "+Inf"],
  [Number.NEGATIVE_INFINITY, "-Inf"],
  [1e21, "1e+21"],
  [0.1, "0.1"],
])("the value %d is written %s", (value, text) => {
  expect(renderSample(sample(metric, value))).toBe(`demo_bytes ${text}\n`);
});

test("a label's value is one part of one line, and means what it was", () => {
  const values = fc.string({ unit: fc.constantFrom(...'a"\\\n{},= é'.split("")), maxLength: 10 });
  fc.assert(
    fc.property(values, (slot) => {
      const line = renderSample(sample(metric, 1, { slot }));
      const value = /^demo_bytes\{slot="((?:[^"\\\n]|\\["\\n])*)"\} 1\n$/.exec(line)?.[1];
      expect(value?.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped))).toBe(slot);
    }),
  );
});
