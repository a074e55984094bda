import express, { type Router } from "express";
import { gatewayApi } from "./gateway-api.ts";
import type { GatewayDependencies } from "./gateway-dependencies.ts";
import { addGatewayPage } from "./gateway-page-routes.ts";
import { expositionRoute } from "../lifecycle-routes.ts";
import { openapiDocument } from "../openapi-document.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { pathPart, reading, writing, type RouteContext } from "../route-context.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import { webhookRoute } from "../webhook-route.ts";

type GatewayContext = RouteContext<GatewayDependencies>;

export function createGatewayRouter(context: GatewayContext): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  addProbes(router, context);
  const { dependencies, access } = context;
  const webhook = { ...dependencies, isRemediationEnabled: () => true };
  router.post("/api/v1/alerts", webhookRoute({ dependencies: webhook, access }));
  addHostRoutes(router, context);
  addRecoveryRoutes(router, context);
  router.get(
    "/api/v1/openapi.json",
    reading(context, (_request, response) =>
      response.json(openapiDocument(dependencies.version, gatewayApi)),
    ),
  );
  addGatewayPage(router, context);
  return router;
}

function addProbes(router: Router, context: GatewayContext): void {
  router.get(context.telemetryPath, expositionRoute(context));
  router.get(
    "/-/healthy",
    reading(context, (_request, response) => response.type("text/plain").send("healthy\n")),
  );
  router.get(
    "/-/ready",
    reading(context, (_request, response) => {
      const isReady = context.dependencies.isReady();
      response.status(isReady ? 200 : 503).type("text/plain");
      response.send(isReady ? "ready\n" : "the fleet's PostgreSQL does not answer\n");
    }),
  );
}

function addHostRoutes(router: Router, context: GatewayContext): void {
  const { dependencies } = context;
  router.get(
    "/api/v1/hosts",
    reading(context, async (_request, response) =>
      response.json(toSnakeCaseJson(await dependencies.fleet())),
    ),
  );
  router.post(
    "/api/v1/hosts/:id/forget",
    writing(context, async (request, response, { operator }) => {
      const sidecar = pathPart(request, "id");
      if (!(await dependencies.forgetHost({ sidecar, operator }))) throw noSuch("host");
      response.json({ sidecar, forgotten: true });
    }),
  );
}

function addRecoveryRoutes(router: Router, context: GatewayContext): void {
  const { dependencies } = context;
  router.get(
    "/api/v1/recoveries",
    reading(context, async (_request, response) =>
      response.json(toSnakeCaseJson(await dependencies.recoveries())),
    ),
  );
  router.get(
    "/api/v1/recoveries/:id",
    reading(context, async (request, response) => {
      const recovery = await dependencies.recovery(pathPart(request, "id"));
      if (recovery === undefined) throw noSuch("recovery");
      response.json(toSnakeCaseJson(recovery));
    }),
  );
  for (const decision of ["approve", "reject"] as const)
    router.post(
      `/api/v1/recoveries/:id/${decision}`,
      writing(context, async (request, response, { operator }) => {
        const recoveryId = pathPart(request, "id");
        const outcome = await dependencies[decision]({ recoveryId, operator });
        if (outcome.kind === "not_found") throw noSuch("recovery");
        if (outcome.kind === "not_waiting")
          throw new RequestRefusal(409, "not_waiting", `the recovery is ${outcome.status}`);
        response.status(202).json({ recovery_id: recoveryId, decision, sidecar: outcome.sidecar });
      }),
    );
}

function noSuch(what: string): RequestRefusal {
  return new RequestRefusal(404, "not_found", `there is no such ${what}`);
}
