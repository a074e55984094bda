import { readdirSync, readFileSync } from "node:fs";
import { format } from "prettier";
import { stringify } from "yaml";

const introduction = "# Generated from grafana/*.json by `npm run docs:generate`; do not edit.\n";

/** One ConfigMap for each dashboard, with the label by which Grafana's chart finds them. */
export async function renderDashboardsConfigMap(grafanaDirectory: string): Promise<string> {
  const names = readdirSync(grafanaDirectory).filter((name) => name.endsWith(".json"));
  const maps = names.sort().map((name) =>
    stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: name.replace(/\.json$/, "-dashboard"), labels: { grafana_dashboard: "1" } },
      // Without spaces: a ConfigMap is bounded to one mebibyte, and nobody reads it here.
      data: { [name]: JSON.stringify(JSON.parse(readFileSync(`${grafanaDirectory}/${name}`, "utf8"))) },
    }),
  );
  return format(introduction + maps.join("---\n"), { parser: "yaml", printWidth: 110 });
}
