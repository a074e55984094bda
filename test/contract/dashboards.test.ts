import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { buildDashboard } from "../../grafana/src/build-dashboard.ts";
import { panelKinds } from "../../grafana/src/dashboard-specification.ts";
import { dashboards } from "../../grafana/src/dashboards.ts";
import { printDashboard } from "../../grafana/src/print-dashboard.ts";
import { catalogue } from "../../src/metrics/catalogue.ts";

const datasource = z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const target = z.object({ expr: z.string(), datasource, legendFormat: z.string() });
const panel = z.object({
  id: z.number(),
  type: z.string(),
  title: z.string().min(1),
  description: z.string().min(1).optional(),
  datasource: datasource.optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string().min(1),
        links: z.array(z.object({ url: z.string() })).optional(),
      }),
    })
    .optional(),
  targets: z.array(target).optional(),
});
const variable = z.object({
  name: z.string(),
  label: z.string(),
  type: z.string(),
  query: z.string(),
  refresh: z.number().optional(),
  multi: z.boolean().optional(),
  allValue: z.string().optional(),
  datasource: z.object({ uid: z.string() }).optional(),
});
const dashboard = z.object({
  uid: z.string(),
  editable: z.literal(false),
  templating: z.object({ list: z.array(variable) }),
  annotations: z.object({ list: z.array(z.object({ expr: z.string() })) }),
  panels: z.array(panel),
});

const committed = readdirSync("grafana")
  .filter((name) => name.endsWith(".json"))
  .map((name) => {
    const text = readFileSync(`grafana/${name}`, "utf8");
    return { name, text, ...dashboard.parse(JSON.parse(text)) };
  });
const shown = committed.flatMap(({ name, panels }) =>
  panels.filter(({ type }) => type !== "row").map((one) => ({ name, ...one })),
);
const queries = [
  ...shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...committed.flatMap(({ annotations }) => annotations.list.map(({ expr }) => expr)),
];

test.each(committed)("each panel of $name has an id of its own", ({ panels }) => {
  const ids = panels.map(({ id }) => id);
  expect(ids).toEqual(ids.map((_, index) => index + 1));
});

test("the committed dashboards are what their source generates", () => {
  const generated = dashboards.map((source) => ({
    name: `${source.uid}.json`,
    text: printDashboard(buildDashboard(source)),
  }));
  const found = committed.map(({ name, text }) => ({ name, text }));
  expect(found, "run npm run dashboards:generate").toEqual(
    generated.toSorted((a, b) => a.name.localeCompare(b.name)),
  );
});

test("every kind of panel is in use, and no panel is without a query", () => {
  const kinds = dashboards.flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.map(({ kind }) => kind)),
  );
  expect(new Set(kinds)).toEqual(new Set(panelKinds));
  for (const { title, targets = [] } of shown) expect(targets.length, title).toBeGreaterThan(0);
});

// The rules below carry the names that grafana/dashboard-linter gives them.

test.each(committed)("$name: template-datasource, template-job, template-instance", ({ templating }) => {
  const [source, ...labels] = templating.list;
  expect(source).toMatchObject({ name: "datasource", label: "Data source", type: "datasource" });
  expect(labels.map(({ name }) => name).slice(0, 2)).toEqual(["job", "instance"]);
  for (const { name, label, multi, allValue, datasource: from } of labels) {
    expect(label.toLowerCase()).toBe(name);
    expect({ multi, allValue, from: from?.uid }).toEqual({
      multi: true,
      allValue: ".+",
      from: "${datasource}",
    });
  }
});

test.each(committed)("$name: template-on-time-change-reload", ({ templating }) => {
  for (const { refresh } of templating.list.filter(({ type }) => type === "query")) expect(refresh).toBe(2);
});

test.each(shown)("$name, $title: panel-datasource, panel-title-description, panel-units", (one) => {
  expect(one.datasource).toBeDefined();
  expect(one.description).toMatch(/\.$/);
  expect(one.fieldConfig?.defaults.unit).toBeDefined();
});

test.each(queries)("target-promql, target-job, target-instance: %s", (query) => {
  const concrete = query.replaceAll("$__rate_interval", "1m");
  const errors: number[] = [];
  parser.parse(concrete).iterate({
    enter: (node) => {
      if (node.type.isError) errors.push(node.from);
    },
  });
  expect(errors).toEqual([]);
  const selectors = [...concrete.matchAll(/(?<![\w"])(?:repo_pool|process|nodejs)_\w+|\bup\b/g)].map(
    ({ index, 0: name }) => concrete.slice(index + name.length).split("}")[0],
  );
  expect(selectors.length).toBeGreaterThan(0);
  for (const selector of selectors) expect(selector).toContain('job=~"$job", instance=~"$instance"');
});

test.each(queries)("target-rate-interval, target-counter-agg: %s", (query) => {
  for (const [, range] of query.matchAll(/\[([^\]]+)\]/g)) expect(range).toBe("$__rate_interval");
  for (const { index, 0: name } of query.matchAll(/\b\w+_(?:total|bucket)\{/g)) {
    expect(query.slice(0, index), name).toMatch(/(?:rate|increase)\($/);
  }
});

test.each(queries)(
  "names only metrics of the catalogue, with labels and values that these have: %s",
  (query) => {
    for (const [, name, selector] of query.matchAll(/\b(repo_pool_\w+)\{(.*?)\}/g)) {
      const metric = catalogue.find((one) => one.name === name?.replace(/_bucket$/, ""));
      expect(metric, name).toBeDefined();
      for (const [, label, value] of selector!.matchAll(/(\w+)=~?"([^"]*)"/g)) {
        if (label === "job" || label === "instance") continue;
        expect(Object.keys(metric!.labels)).toContain(label);
        if (!value!.startsWith("$")) expect(metric!.labels[label!]).toContain(value);
      }
    }
  },
);

test.each(shown)("$name, $title: its runbook is there", ({ fieldConfig }) => {
  const urls = (fieldConfig?.defaults.links ?? []).map(({ url }) => url);
  expect(urls[0]).toMatch(/^http:\/\/\$\{[\w.]+\}\/$/);
  for (const url of urls.slice(1)) {
    expect(url).toContain("/runbooks/");
    expect(existsSync(`docs/runbooks/${basename(url)}.md`), url).toBe(true);
  }
});

test.each(committed)("$name: no two panels overlap", ({ panels }) => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});

test("the provisioning files are of Grafana's first version and forbid changes in the browser", () => {
  const read = (file: string): unknown => parse(readFileSync(`grafana/provisioning/${file}`, "utf8"));
  expect(read("datasources/prometheus.yaml")).toMatchObject({
    apiVersion: 1,
    datasources: [{ type: "prometheus", jsonData: { timeInterval: "15s" } }],
  });
  expect(read("dashboards/repo-pool.yaml")).toMatchObject({
    apiVersion: 1,
    providers: [{ type: "file", allowUiUpdates: false, options: { path: expect.any(String) } }],
  });
});
