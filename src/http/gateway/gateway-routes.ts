import { z } from "zod";
import { approvalDecisions, recoveryStates } from "../../remediation/queue/recovery-queue.ts";
import { assetRoutes } from "../page/asset-routes.ts";
import { runbookRoutes } from "../page/runbook-routes.ts";
import { noSuch } from "../request-refusal.ts";
import { count, recovery, text, time } from "../routes/answers.ts";
import { commonRoutes, readyRoute } from "../routes/lifecycle-routes.ts";
import { undecided } from "../routes/recovery-routes.ts";
import { hostInPath, recoveryInPath } from "../routes/requests.ts";
import { routesFor, type Route } from "../routes/route.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import type { GatewayDependencies } from "./gateway-dependencies.ts";
import { gatewayPageRoutes } from "./gateway-page-routes.ts";

const host = z.object({
  sidecar: text.describe("the host's name"),
  instance: text.nullable(),
  version: text,
  pools: z.array(text),
  registered_at: time,
  heartbeat_at: time,
  heartbeat_age_seconds: z.number().describe("by the database's clock"),
  queue_depth: count,
  oldest_queued_at: time.nullable(),
  dead_letter_count: count,
});
const fleet = z.object({
  hosts: z.array(host),
  shared_pools: z.array(text).describe("pools of several hosts: alerts about them need an instance"),
  shared_instances: z.array(text).describe("instances of several hosts: their alerts reach none"),
});
const fleetRecovery = recovery
  .extend({
    sidecar: text,
    status: z.enum([...recoveryStates, "not_found"]),
    target: text.describe("all, reclaim, pool:NAME or slot:SLOT_ID"),
  })
  .meta({ id: "fleet_recovery" });

const { read, operate } = routesFor<GatewayDependencies>();

/** Everything that a gateway answers. */
export const gatewayRoutes: readonly Route<GatewayDependencies>[] = [
  ...commonRoutes,
  readyRoute("PostgreSQL answers"),
  read("/api/v1/hosts", {
    summary: "Every host of the fleet, with its queue",
    answers: { 200: fleet },
    run: async ({ dependencies }) => ({ 200: toSnakeCaseJson(await dependencies.fleet()) }),
  }),
  operate("/api/v1/hosts/:id/forget", {
    summary: "Remove a host that has left the fleet",
    parameters: hostInPath,
    answers: { 200: z.object({ sidecar: text, forgotten: z.literal(true) }) },
    errors: [404],
    run: async ({ dependencies, parameters: { sidecar }, visitor: { operator } }) => {
      if (!(await dependencies.forgetHost({ sidecar, operator }))) throw noSuch("host");
      return { 200: { sidecar, forgotten: true } };
    },
  }),
  read("/api/v1/recoveries", {
    summary: "Recoveries of all hosts, newest first; the last 1000",
    answers: { 200: z.array(fleetRecovery) },
    run: async ({ dependencies }) => ({ 200: toSnakeCaseJson(await dependencies.recoveries.list()) }),
  }),
  read("/api/v1/recoveries/:id", {
    summary: "One recovery with its steps",
    parameters: recoveryInPath,
    answers: { 200: fleetRecovery },
    errors: [404],
    run: async ({ dependencies, parameters }) => {
      const found = await dependencies.recoveries.get(parameters.recoveryId);
      if (found === undefined) throw noSuch("recovery");
      return { 200: toSnakeCaseJson(found) };
    },
  }),
  ...approvalDecisions.map((decision) =>
    operate(`/api/v1/recoveries/:id/${decision}`, {
      summary: `Send the decision to ${decision} to the recovery's host`,
      parameters: recoveryInPath,
      answers: { 202: z.object({ recovery_id: text, decision: z.enum(approvalDecisions), sidecar: text }) },
      errors: [404, 409],
      run: async ({ dependencies, parameters: { recoveryId }, visitor: { operator } }) => {
        const outcome = await dependencies.recoveries.decide({ recoveryId, operator, decision });
        if (outcome.kind !== "done") throw undecided(outcome);
        return { 202: { recovery_id: recoveryId, decision, sidecar: outcome.sidecar } };
      },
    }),
  ),
  ...gatewayPageRoutes,
  ...assetRoutes,
  ...runbookRoutes,
];
