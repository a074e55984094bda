// `npm run docs:generate`: writes the pages and manifests that are generated from the source.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gatewayRoutes } from "../src/http/gateway/gateway-routes.ts";
import { routes } from "../src/http/routes/routes.ts";
import { renderArchitecture } from "./architecture-reference.ts";
import { renderCliReference } from "./cli-reference.ts";
import { renderConfigurationReference, renderDefaultSettings } from "./configuration-reference.ts";
import { renderDashboardsConfigMap } from "./dashboards-config-map.ts";
import { renderDependencies, type LockedPackages } from "./dependencies-reference.ts";
import { renderErrorsReference } from "./errors-reference.ts";
import {
  renderFaultMatrix,
  renderReadmeMatrix,
  renderReasonsReference,
  replaceMarked,
} from "./faults-reference.ts";
import { renderAnswers, renderRoutes } from "./http-reference.ts";
import { renderMetricsReference } from "./metrics-reference.ts";
import {
  renderBashCompletion,
  renderFishCompletion,
  renderManPage,
  renderZshCompletion,
} from "./shell-reference.ts";
import { renderPrometheusRule } from "./prometheus-rule.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const marked = async (file: string, name: string, render: () => Promise<string>) =>
  replaceMarked(readFileSync(`${root}${file}`, "utf8"), name, await render());
const lockFile = () =>
  (JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as { packages: LockedPackages }).packages;
const generated: Record<string, () => Promise<string>> = {
  "README.md": () => marked("README.md", "faults", renderReadmeMatrix),
  "docs/architecture.md": () => renderArchitecture(readFileSync(`${root}docs/architecture.md`, "utf8")),
  "docs/http.md": () => marked("docs/http.md", "routes", () => renderRoutes(routes)),
  "docs/http-answers.md": renderAnswers,
  "docs/fleet.md": () => marked("docs/fleet.md", "routes", () => renderRoutes(gatewayRoutes)),
  "docs/metrics.md": renderMetricsReference,
  "docs/cli.md": renderCliReference,
  "shell/repo-pool-sidecar.1": renderManPage,
  "shell/repo-pool-sidecar.bash": renderBashCompletion,
  "shell/_repo-pool-sidecar": renderZshCompletion,
  "shell/repo-pool-sidecar.fish": renderFishCompletion,
  "docs/configuration.md": renderConfigurationReference,
  "src/config/default-settings.ts": renderDefaultSettings,
  "docs/dependencies.md": () => renderDependencies(lockFile()),
  "docs/errors.md": renderErrorsReference,
  "docs/faults.md": renderFaultMatrix,
  "docs/reasons.md": renderReasonsReference,
  "deploy/kubernetes/base/prometheus-rule.yaml": () => renderPrometheusRule(`${root}alerts`),
  "deploy/kubernetes/base/dashboards.yaml": () => renderDashboardsConfigMap(`${root}grafana`),
};

for (const [file, render] of Object.entries(generated)) writeFileSync(`${root}${file}`, await render());
