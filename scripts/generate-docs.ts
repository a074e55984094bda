// `npm run docs:generate`: writes the pages and manifests that are generated from the source.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderMetricsReference } from "./metrics-reference.ts";
import { renderPrometheusRule } from "./prometheus-rule.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
writeFileSync(`${root}docs/metrics.md`, await renderMetricsReference());
writeFileSync(`${root}deploy/kubernetes/prometheus-rule.yaml`, await renderPrometheusRule(`${root}alerts`));
