import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { catalogue } from "../../src/metrics/catalogue.ts";
import { defaultPolicies } from "../../src/remediation/alerts/policy.ts";
import { renderPrometheusRule } from "../../scripts/prometheus-rule.ts";
import { sampleOf } from "../kit/sample.ts";

function filesIn(directory: string, extension: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(extension))
    .map((name) => `${directory}/${name}`);
}

const ruleFiles = filesIn("alerts", ".yaml");
const caseFiles = filesIn("alerts/tests", ".yaml");
const alertSchema = z.object({
  alert: z.string(),
  expr: z.string(),
  for: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.object({
    summary: z.string(),
    description: z.string(),
    page_url: z.string(),
    runbook_url: z.string(),
  }),
});
const recordSchema = z.strictObject({ record: z.string(), expr: z.string() });
const groupsSchema = z.object({ groups: z.array(z.object({ rules: z.array(z.unknown()) })) });

function readRules(): unknown[] {
  return ruleFiles.flatMap((file) =>
    groupsSchema.parse(parse(readFileSync(file, "utf8"))).groups.flatMap(({ rules }) => rules),
  );
}

const rules = readRules().map((rule) => z.union([recordSchema, alertSchema]).parse(rule));
const alerts = rules.filter((rule) => "alert" in rule);
const records = rules.filter((rule) => "record" in rule);
/** `severity` sets apart the forms of an alert that compares several windows. */
const namedAlerts = [...new Map(alerts.map((alert) => [alert.alert, alert])).values()];
const alertmanagerConfig = "deploy/alertmanager/alertmanager.yml";

const casesSchema = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      alert_rule_test: z
        .array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) }))
        .default([]),
    }),
  ),
});
/** What each promtool case expects of an alert, one letter for each moment in turn: `f` fires, `s` is silent. */
const cases = caseFiles
  .flatMap((file) => casesSchema.parse(parse(readFileSync(file, "utf8"))).tests)
  .map(({ name, alert_rule_test: moments }) => ({
    name,
    expectationsOf: (alert: string) =>
      moments
        .filter(({ alertname }) => alertname === alert)
        .map(({ exp_alerts: expected }) => (expected.length > 0 ? "f" : "s"))
        .join(""),
  }));

/** A tool that finds fault ends with an error, which carries what the tool said. */
function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: "pipe" });
}

function receiversOf(labels: readonly string[], config = alertmanagerConfig): string {
  return run("amtool", ["config", "routes", "test", `--config.file=${config}`, ...labels]).trim();
}

test("there are alerts to check", () => {
  expect(alerts.map(({ alert }) => alert)).toContain("RepoPoolSlotCorrupted");
});

test("promtool finds nothing to complain about in the rules", () => {
  expect(run("promtool", ["check", "rules", "--lint=all", "--lint-fatal", ...ruleFiles])).toContain(
    "SUCCESS",
  );
});

test("the alerts fire, stay silent and resolve as their promtool cases say", () => {
  expect(run("promtool", ["test", "rules", ...sampleOf(caseFiles, 4, "promtool cases")])).toContain(
    "SUCCESS",
  );
});

test("the example configurations of Prometheus and Alertmanager are valid", () => {
  expect(run("promtool", ["check", "config", "deploy/prometheus/prometheus.yml"])).toContain("SUCCESS");
  expect(run("amtool", ["check-config", alertmanagerConfig])).toContain("SUCCESS");
});

test("the example for newer Alertmanagers differs in what older ones refuse", () => {
  const newer = readFileSync("deploy/alertmanager/alertmanager-0.31.yml", "utf8");
  const older = newer
    .replace(/url: ["'].*/, "url: http://127.0.0.1:10469/api/v1/alerts")
    .replace(/^ *(?:timeout: 5s|# Answers come .*)\n/gm, "");
  expect(parse(older)).toEqual(parse(readFileSync(alertmanagerConfig, "utf8")));
  const { route } = z.object({ route: z.object({ group_by: z.array(z.string()) }) }).parse(parse(newer));
  expect(route.group_by).toContain("instance");
});

test("people are told of every alert, the sidecar only of those that it acts on", () => {
  expect(receiversOf(["alertname=RepoPoolSlotCorrupted", "auto_recover=true"])).toBe(
    "repo-pool-sidecar,people",
  );
  expect(receiversOf(["alertname=RepoPoolSlotLongAllocated"])).toBe("people");
  const fleet = "deploy/fleet/alertmanager.yml";
  expect(receiversOf(["alertname=RepoPoolSlotCorrupted", "auto_recover=true"], fleet)).toBe(
    "repo-pool-gateways,people",
  );
  expect(receiversOf(["alertname=RepoPoolSlotLongAllocated"], fleet)).toBe("people");
});

test("auto_recover is on exactly the alerts of the default policies", () => {
  const acting = alerts.filter(({ labels }) => labels.auto_recover === "true").map(({ alert }) => alert);
  const covered = defaultPolicies.flatMap(({ matchers }) =>
    matchers.filter(({ label }) => label === "alertname").map(({ value }) => value),
  );
  expect(acting.sort()).toEqual(covered.sort());
});

test.each(rules)("a rule names only metrics and label values of the catalogue: $expr", ({ expr }) => {
  const recorded = expr.match(/\bjob_instance_pool:[\w:]+/g) ?? [];
  for (const name of recorded) expect(records.map(({ record }) => record)).toContain(name);
  const names = expr.match(/(?<![:\w])repo_pool_\w+/g) ?? [];
  for (const name of names) expect(catalogue.map((metric) => metric.name)).toContain(name);
  for (const [, name, label, value] of expr.matchAll(/\b(repo_pool_\w+)\{(\w+)=~?"([\w|]+)"\}/g)) {
    const values = catalogue.find((metric) => metric.name === name)?.labels[label!];
    // What bounds the others is no list.
    if (typeof values === "string") continue;
    for (const one of value!.split("|")) expect(values).toContain(one);
  }
});

test.each(records)("$record says what is left of its labels", ({ record, expr }) => {
  expect(record).toMatch(/^job_instance_pool:repo_pool_[a-z_]+:[a-z0-9_]+$/);
  if (expr.includes("sum by")) expect(expr).toContain("by (job, instance, pool)");
});

test.each(alerts)("$alert is decided by a comparison, and keeps hosts apart", ({ expr }) => {
  expect(expr).toMatch(/ (?:>|<|==) /);
  expect(expr).toMatch(/by \(job, instance[^)]*\)|job_instance_pool:/);
});

test("the PrometheusRule of Kubernetes has the same groups", async () => {
  const committed = readFileSync("deploy/kubernetes/base/prometheus-rule.yaml", "utf8");
  expect(committed, "run npm run docs:generate").toBe(await renderPrometheusRule("alerts"));
});

test("the alerts of one name have one summary", () => {
  for (const { alert, annotations } of alerts) {
    const named = namedAlerts.find((other) => other.alert === alert);
    expect(annotations.summary).toBe(named?.annotations.summary);
    expect(annotations.summary).toMatch(/^[A-Z].*\.$/);
  }
});

test.each(namedAlerts)("$alert has a severity and a runbook", ({ alert, labels, annotations }) => {
  expect(["info", "warning", "critical"]).toContain(labels.severity);
  expect(basename(annotations.runbook_url)).toBe(alert);
  // Where it opens is the sidecar's to say, in one place.
  for (const url of [annotations.runbook_url, annotations.page_url])
    expect(url).toMatch(
      /^\{\{ with .*repo_pool_web_info.*\{\{ else \}\}http:\/\/\{\{ \$labels\.instance \}\}\{\{ end \}\}\//,
    );
  expect(existsSync(`docs/runbooks/${alert}.md`)).toBe(true);
});

test.each(namedAlerts)(
  "$alert has promtool cases in which it waits, fires, resolves, and has no data",
  ({ alert }) => {
    const expectations = cases.map(({ expectationsOf }) => expectationsOf(alert)).join(" ");
    expect(expectations, "waits, then fires").toContain("sf");
    expect(expectations, "fires, then resolves").toContain("fs");
    const withoutData = cases.filter(({ name }) => name.startsWith("without data"));
    expect(withoutData.map(({ expectationsOf }) => expectationsOf(alert))).toContain("s");
  },
);

test.each(alerts)("no label of $alert changes with the value", ({ labels }) => {
  expect(JSON.stringify(labels)).not.toContain("$value");
});
