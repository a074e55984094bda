import { requireFormToken } from "../auth/form-token.ts";
import { decisionForm } from "../page/page-forms.ts";
import { identifyVisitor } from "../page/page-visitor.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { routesFor, type Route, type RouteCall } from "../routes/route.ts";
import type { GatewayDependencies } from "./gateway-dependencies.ts";
import { renderGatewayPage } from "./gateway-page.ts";

const { read, operate } = routesFor<GatewayDependencies>();

/** The fleet's page, with buttons for what waits for approval. */
export const gatewayPageRoutes: readonly Route<GatewayDependencies>[] = [
  read("/", {
    summary: "The page of the fleet",
    answers: { 200: "text/html" },
    run: async (call) => ({ 200: await showPage(call) }),
  }),
  operate("/", {
    summary: "The page's own forms",
    body: decisionForm,
    isForm: true,
    answers: { 200: "text/html" },
    run: async (call) => {
      const { action: decision, recovery: recoveryId, form_token: formToken } = call.body;
      requireFormToken(call.request, formToken);
      const { operator } = call.visitor;
      const outcome = await call.dependencies.recoveries.decide({ recoveryId, operator, decision });
      const became =
        outcome.kind === "done" ? `: ${decision} is on its way to ${outcome.sidecar}` : " no longer waits";
      return { 200: await showPage(call, `Recovery ${recoveryId}${became}.`) };
    },
  }),
];

async function showPage(call: RouteCall<GatewayDependencies>, notice?: string): Promise<string> {
  const { dependencies, telemetryPath } = call;
  const [fleet, recoveries] = await readFleet(dependencies);
  return renderGatewayPage({
    now: dependencies.clock.now(),
    version: dependencies.version,
    telemetryPath,
    fleet,
    recoveries,
    ...identifyVisitor(call, "./"),
    notice,
  });
}

/** The page is shown while PostgreSQL is away too, and says so. */
async function readFleet(dependencies: GatewayDependencies) {
  try {
    return await Promise.all([dependencies.fleet(), dependencies.recoveries.list()]);
  } catch (error) {
    if (error instanceof RequestRefusal) return [undefined, undefined] as const;
    throw error;
  }
}
