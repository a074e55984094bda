import { expect, test } from "vitest";
import { catalogue } from "../../src/metrics/catalogue.ts";

const families = catalogue.map(({ name, kind }) => (kind === "counter" ? name.replace(/_total$/, "") : name));

test("no two metrics have the same name, as OpenMetrics names families too", () => {
  expect(new Set(families).size).toBe(families.length);
  for (const { name, kind } of catalogue)
    if (kind === "histogram")
      for (const suffix of ["_bucket", "_sum", "_count"]) expect(families).not.toContain(name + suffix);
});

test("counters end in _total and nothing else does", () => {
  for (const { name, kind } of catalogue) expect(name.endsWith("_total")).toBe(kind === "counter");
});

test("no label names a target, a type or an owner, nor anything without bounds", () => {
  const labels = catalogue.flatMap((metric) => Object.entries(metric.labels));
  for (const [label, values] of labels) {
    expect(["type", "owner", "host", "cluster", "path", "branch", "message"]).not.toContain(label);
    if (values === "open") expect(["version", "revision", "node_version", "url"]).toContain(label);
  }
});

test("every help is a sentence that says its unit", () => {
  for (const { name, help } of catalogue) {
    expect(help).toMatch(/^[A-Z0-9g].*\.$/);
    if (/_seconds(_total)?$/.test(name)) expect(help).toMatch(/[Ss]econds/);
    if (/_bytes$/.test(name)) expect(help).toMatch(/[Bb]ytes/);
  }
});

test("what is read from the snapshot is said to be cached, or is no reading", () => {
  const readings = catalogue.filter(({ name }) =>
    /^repo_pool_(up|slots|problems|anomalies|slot_a)/.test(name),
  );
  for (const { help } of readings) expect(help).toMatch(/cached per collection/i);
});
