// `npm run docs:generate`: writes the pages and manifests that are generated from the source.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderCliReference } from "./cli-reference.ts";
import { renderDashboardsConfigMap } from "./dashboards-config-map.ts";
import { renderErrorsReference } from "./errors-reference.ts";
import {
  renderFaultMatrix,
  renderReadmeMatrix,
  renderReasonsReference,
  replaceMarked,
} from "./faults-reference.ts";
import { renderMetricsReference } from "./metrics-reference.ts";
import { renderPrometheusRule } from "./prometheus-rule.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const generated: Record<string, () => Promise<string>> = {
  "README.md": async () =>
    replaceMarked(readFileSync(`${root}README.md`, "utf8"), "faults", await renderReadmeMatrix()),
  "docs/metrics.md": renderMetricsReference,
  "docs/cli.md": renderCliReference,
  "docs/errors.md": renderErrorsReference,
  "docs/faults.md": renderFaultMatrix,
  "docs/reasons.md": renderReasonsReference,
  "deploy/kubernetes/base/prometheus-rule.yaml": () => renderPrometheusRule(`${root}alerts`),
  "deploy/kubernetes/base/dashboards.yaml": () => renderDashboardsConfigMap(`${root}grafana`),
};

for (const [file, render] of Object.entries(generated)) writeFileSync(`${root}${file}`, await render());
