import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const rules = fileURLToPath(new URL("../../alerts/", import.meta.url));
const ruleFiles = readdirSync(rules)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => join(rules, name));
const stepMinutes = 5;
const stepCount = 9;

/** Two scrapes of one program, with a collection between them. */
export interface Scrapes {
  readonly instance: string;
  readonly metrics: readonly [before: string, after: string];
}

/**
 * Names of the shipped alerts that fire by instance once the state of the scrapes has lasted 45 minutes, as promtool
 * computes them.
 */
export function firingAlerts(scrapes: readonly Scrapes[]): Map<string, string[]> {
  const asked = new Set(
    ruleFiles.flatMap((file) => readFileSync(file, "utf8").match(/\brepo_pool_\w+/g) ?? []),
  );
  const tests = scrapes.map(({ instance, metrics: [before, after] }) => {
    const earlier = readSamples(before);
    const samples = [...readSamples(after)].filter(([name]) => asked.has(name.replace(/\{.*/, "")));
    const series = samples.map(([name, value]) => ({
      series: withLabels(name, `job="repo-pool-sidecar",instance="${instance}"`),
      values: lasting(name, earlier.get(name) ?? 0, value),
    }));
    series.push({
      series: `up{job="repo-pool-sidecar",instance="${instance}"}`,
      values: `${after === "" ? 0 : 1}x${stepCount}`,
    });
    const expression = `count by (alertname, instance) (ALERTS{alertstate="firing"})`;
    // What is expected is wrong on purpose: the answer is in what promtool says of it.
    const question = {
      expr: expression,
      eval_time: `${stepMinutes * stepCount}m`,
      exp_samples: [{ labels: "{}", value: -1 }],
    };
    return { interval: `${stepMinutes}m`, input_series: series, promql_expr_test: [question] };
  });
  const directory = mkdtempSync(join(tmpdir(), "firing-alerts-"));
  const file = join(directory, "tests.json");
  writeFileSync(
    file,
    JSON.stringify({ rule_files: ruleFiles, evaluation_interval: `${stepMinutes}m`, tests }),
  );
  const { stdout, stderr } = spawnSync("promtool", ["test", "rules", file], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  rmSync(directory, { recursive: true });
  return readAnswers(stdout + stderr, scrapes);
}

function readSamples(text: string): Map<string, number> {
  return new Map(
    text.split("\n").flatMap((line): [string, number][] => {
      const [, name, value] = /^([a-z_:]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, Number(value)]];
    }),
  );
}

function withLabels(name: string, labels: string): string {
  return name.includes("{") ? name.replace("{", `{${labels},`) : `${name}{${labels}}`;
}

/** A counter goes on as between the scrapes, and a gauge stays. A time is told from the scrape: promtool begins at 0. */
function lasting(name: string, before: number, after: number): string {
  // Collections are as far apart as samples here.
  if (name === "repo_pool_collection_interval_seconds") return `${stepMinutes * 60}x${stepCount}`;
  const now = Date.now() / 1000;
  if (/_timestamp_seconds(?:\{|$)/.test(name) && after > 0)
    return `${after - now}+${after > before ? stepMinutes * 60 : 0}x${stepCount}`;
  const step = /_(?:total|count|sum|bucket)(?:\{|$)/.test(name) ? after - before : 0;
  return `${after}+${step}x${stepCount}`;
}

function readAnswers(output: string, scrapes: readonly Scrapes[]): Map<string, string[]> {
  const firing = new Map<string, string[]>(scrapes.map(({ instance }) => [instance, []]));
  for (const [, alert, instance] of output.matchAll(/\{alertname="(\w+)", instance="([\w-]+)"\}/g))
    firing.get(instance ?? "")?.push(alert ?? "");
  if (!/got:/.test(output)) throw new Error(`promtool: ${output.slice(0, 2000)}`);
  return firing;
}
