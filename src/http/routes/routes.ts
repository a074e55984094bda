import type { HttpDependencies } from "../http-dependencies.ts";
import { assetRoutes } from "../page/asset-routes.ts";
import { runbookRoutes } from "../page/runbook-routes.ts";
import { pageRoutes } from "../page/page-routes.ts";
import { commonRoutes, lifecycleRoutes } from "./lifecycle-routes.ts";
import { poolRoutes } from "./pool-routes.ts";
import { recoveryRoutes } from "./recovery-routes.ts";
import type { Route } from "./route.ts";
import { slotRoutes } from "./slot-routes.ts";

/** Everything that a sidecar answers. The webhook comes first: it is the one that is sent most under load. */
export const routes: readonly Route<HttpDependencies>[] = [
  ...commonRoutes,
  ...lifecycleRoutes,
  ...recoveryRoutes,
  ...poolRoutes,
  ...slotRoutes,
  ...pageRoutes,
  ...assetRoutes,
  ...runbookRoutes,
];
