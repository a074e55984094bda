import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { printDashboard } from "../../grafana/src/print-dashboard.ts";
import { buildRepoPoolDashboard } from "../../grafana/src/repo-pool-dashboard.ts";
import { catalogue } from "../../src/metrics/catalogue.ts";

const panelSchema = z.object({
  title: z.string(),
  description: z.string().min(1),
  datasource: z.object({ uid: z.literal("${datasource}") }),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string().min(1) }) }),
  targets: z.array(z.object({ expr: z.string(), legendFormat: z.string() })).min(1),
});
const dashboardSchema = z.object({
  uid: z.string().min(1),
  templating: z.object({ list: z.array(z.object({ name: z.string(), query: z.string() })) }),
  panels: z.array(panelSchema).min(1),
});

const committed = readFileSync("grafana/repo-pool.json", "utf8");
const { panels, templating } = dashboardSchema.parse(JSON.parse(committed));
const queries = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...templating.list.map(({ query }) => query),
];

test("the committed dashboard is what its source generates", () => {
  expect(committed).toBe(printDashboard(buildRepoPoolDashboard()));
});

test("a reader can choose data source, job, instance and pool", () => {
  expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "job", "instance", "pool"]);
});

test("the queries name only metrics of the catalogue, and only labels that these have", () => {
  const names = queries.flatMap((query) => query.match(/\brepo_pool_\w+/g) ?? []);
  expect(names.length).toBeGreaterThan(panels.length);
  for (const name of names) expect(catalogue.map((metric) => metric.name)).toContain(name);
  for (const [, name, selector] of queries.flatMap((query) => [
    ...query.matchAll(/(repo_pool_\w+)\{(.*?)\}/g),
  ])) {
    const labels = [
      "job",
      "instance",
      ...Object.keys(catalogue.find((metric) => metric.name === name)!.labels),
    ];
    for (const [, label] of selector!.matchAll(/(\w+)=~?"/g)) expect(labels).toContain(label);
  }
});

test("every panel keeps to the chosen job and instance", () => {
  for (const { targets } of panels)
    for (const { expr } of targets) expect(expr).toContain('job=~"$job", instance=~"$instance"');
});

test("no two panels overlap", () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
