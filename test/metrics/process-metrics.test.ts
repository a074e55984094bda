import { expect, test } from "vitest";
import { withoutLagPeriod } from "../../src/metrics/process-metrics.ts";
import { sample, type Sample } from "../../src/metrics/sample.ts";

function aSample(name: string, value: number): Sample {
  return sample({ name, help: "", kind: "gauge", labels: {}, buckets: [] }, value);
}

test.each([
  ["nodejs_eventloop_lag_max_seconds", 0.35, 0.25],
  ["nodejs_eventloop_lag_p99_seconds", 0.1, 0],
  // A timer may fire a little early.
  ["nodejs_eventloop_lag_min_seconds", 0.0999, 0],
  ["nodejs_eventloop_lag_mean_seconds", 0.2, 0.1],
  ["nodejs_eventloop_lag_stddev_seconds", 0.35, 0.35],
  ["nodejs_eventloop_lag_seconds", 0.35, 0.35],
  ["process_cpu_seconds_total", 0.35, 0.35],
])("%s of %d is exported as %d: a loop that is never late has no lag", (name, measured, exported) => {
  expect(withoutLagPeriod(aSample(name, measured)).value).toBeCloseTo(exported);
});
