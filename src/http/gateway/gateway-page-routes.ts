import type { Request, Response, Router } from "express";
import type { Identity } from "../auth/authentication.ts";
import { issueWriter, requireFormToken } from "../auth/form-token.ts";
import type { GatewayDependencies } from "./gateway-dependencies.ts";
import { renderGatewayPage } from "./gateway-page.ts";
import { readForm } from "../json-body.ts";
import { addPageAssets } from "../page/page-routes.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { reading, writing, type RouteContext } from "../route-context.ts";

/** The fleet's page, with buttons for what waits for approval. */
export function addGatewayPage(router: Router, context: RouteContext<GatewayDependencies>): void {
  const { dependencies } = context;
  const show = async (
    request: Request,
    response: Response,
    visitor: Identity | undefined,
    notice?: string,
  ): Promise<void> => {
    const [fleet, recoveries] = await readFleet(dependencies);
    const page = renderGatewayPage({
      now: dependencies.clock.now(),
      version: dependencies.version,
      telemetryPath: context.telemetryPath,
      fleet,
      recoveries,
      writer: issueWriter(request, response, visitor),
      notice,
    });
    response.type("html").send(page);
  };
  router.get(
    "/",
    reading(context, (request, response, visitor) => show(request, response, visitor)),
  );
  router.post(
    "/",
    writing(context, async (request, response, visitor) => {
      const fields = await readForm(request, response);
      requireFormToken(request, fields.get("form_token"));
      await show(request, response, visitor, await press(dependencies, fields, visitor.operator));
    }),
  );
  addPageAssets(router, context);
}

/** The page is shown while PostgreSQL is away too, and says so. */
async function readFleet(dependencies: GatewayDependencies) {
  try {
    return await Promise.all([dependencies.fleet(), dependencies.recoveries()]);
  } catch (error) {
    if (error instanceof RequestRefusal) return [undefined, undefined] as const;
    throw error;
  }
}

async function press(
  dependencies: GatewayDependencies,
  fields: ReadonlyMap<string, string>,
  operator: string,
): Promise<string> {
  const decision = (["approve", "reject"] as const).find((known) => known === fields.get("action"));
  const recoveryId = fields.get("recovery") ?? "";
  if (decision === undefined || recoveryId === "")
    throw new RequestRefusal(400, "malformed", "action: not one of this page");
  const outcome = await dependencies[decision]({ recoveryId, operator });
  return outcome.kind === "sent"
    ? `Recovery ${recoveryId}: ${decision} is on its way to ${outcome.sidecar}.`
    : `Recovery ${recoveryId} no longer waits.`;
}
