// `npm run dashboards:generate`: writes each dashboard as Grafana provisions it.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildDashboard } from "./build-dashboard.ts";
import { dashboards } from "./dashboards.ts";
import { printDashboard } from "./print-dashboard.ts";

for (const dashboard of dashboards) {
  const file = fileURLToPath(new URL(`../${dashboard.uid}.json`, import.meta.url));
  writeFileSync(file, printDashboard(buildDashboard(dashboard)));
}
