import type { DashboardSpecification } from "./dashboard-specification.ts";
import { fleetDashboard } from "./fleet-dashboard.ts";
import { poolDashboard } from "./pool-dashboard.ts";
import { recoveryDashboard } from "./recovery-dashboard.ts";
import { sidecarDashboard } from "./sidecar-dashboard.ts";
import { sourcesDashboard } from "./sources-dashboard.ts";

/** Every dashboard; each is committed as grafana/<uid>.json. */
export const dashboards: readonly DashboardSpecification[] = [
  fleetDashboard,
  poolDashboard,
  recoveryDashboard,
  sidecarDashboard,
  sourcesDashboard,
];
