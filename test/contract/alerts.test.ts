import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { catalogue } from "../../src/metrics/catalogue.ts";
import { defaultPolicies } from "../../src/remediation/policy.ts";

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
  annotations: z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() }),
});
const groupsSchema = z.object({ groups: z.array(z.object({ rules: z.array(z.unknown()) })) });

function readRules(): unknown[] {
  return ruleFiles.flatMap((file) =>
    groupsSchema.parse(parse(readFileSync(file, "utf8"))).groups.flatMap(({ rules }) => rules),
  );
}

const alerts = readRules().map((rule) => alertSchema.parse(rule));
const alertmanagerConfig = "deploy/alertmanager/alertmanager.yml";

/** A tool that finds fault ends with an error, which carries what the tool said. */
function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: "pipe" });
}

function receiversOf(labels: readonly string[]): string {
  return run("amtool", ["config", "routes", "test", `--config.file=${alertmanagerConfig}`, ...labels]).trim();
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
  expect(run("promtool", ["test", "rules", ...caseFiles])).toContain("SUCCESS");
});

test("the example configurations of Prometheus and Alertmanager are valid", () => {
  expect(run("promtool", ["check", "config", "deploy/prometheus/prometheus.yml"])).toContain("SUCCESS");
  expect(run("amtool", ["check-config", alertmanagerConfig])).toContain("SUCCESS");
});

test("people are told of every alert, the sidecar only of those that it acts on", () => {
  expect(receiversOf(["alertname=RepoPoolSlotCorrupted", "auto_recover=true"])).toBe(
    "repo-pool-sidecar,people",
  );
  expect(receiversOf(["alertname=RepoPoolSlotLongAllocated"])).toBe("people");
});

test("auto_recover is on exactly the alerts of the default policies", () => {
  const acting = alerts.filter(({ labels }) => labels.auto_recover === "true").map(({ alert }) => alert);
  const covered = defaultPolicies.flatMap(({ matchers }) =>
    matchers.filter(({ label }) => label === "alertname").map(({ value }) => value),
  );
  expect(acting.sort()).toEqual(covered.sort());
});

test.each(alerts)("$alert names only metrics and label values of the catalogue", ({ expr }) => {
  const names = expr.match(/\brepo_pool_\w+/g) ?? [];
  for (const name of names) expect(catalogue.map((metric) => metric.name)).toContain(name);
  for (const [, name, label, value] of expr.matchAll(/\b(repo_pool_\w+)\{(\w+)="(\w+)"\}/g)) {
    const values = catalogue.find((metric) => metric.name === name)?.labels[label!];
    expect(values).toContain(value);
  }
});

test.each(alerts)(
  "$alert has a severity, a runbook and a promtool case",
  ({ alert, labels, annotations }) => {
    expect(["info", "warning", "critical"]).toContain(labels.severity);
    expect(basename(annotations.runbook_url)).toBe(`${alert}.md`);
    expect(existsSync(`docs/runbooks/${alert}.md`)).toBe(true);
    const cases = caseFiles.map((file) => readFileSync(file, "utf8"));
    expect(cases.join("\n")).toContain(`alertname: ${alert}\n`);
  },
);

test.each(alerts)("no label of $alert changes with the value", ({ labels }) => {
  expect(JSON.stringify(labels)).not.toContain("$value");
});
