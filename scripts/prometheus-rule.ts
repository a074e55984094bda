import { readdirSync, readFileSync } from "node:fs";
import { format } from "prettier";
import { parse, stringify } from "yaml";

const introduction = "# Generated from alerts/*.yaml by `npm run docs:generate`; do not edit.\n";

/** The groups of all rule files, as the Prometheus operator takes them. */
export function renderPrometheusRule(alertsDirectory: string): Promise<string> {
  const names = readdirSync(alertsDirectory).filter((name) => name.endsWith(".yaml"));
  const groups = names.sort().flatMap((name) => {
    const { groups: own } = parse(readFileSync(`${alertsDirectory}/${name}`, "utf8")) as {
      groups: unknown[];
    };
    return own;
  });
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: "repo-pool-sidecar", labels: { "app.kubernetes.io/name": "repo-pool-sidecar" } },
    spec: { groups },
  };
  return format(introduction + stringify(rule), { parser: "yaml", printWidth: 110 });
}
