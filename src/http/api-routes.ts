import type { Response, Router } from "express";
import type { Snapshot } from "../anomalies/snapshot.ts";
import { parseRequest, requestSchemas, toRecoveryOptions } from "./api-requests.ts";
import type { HttpDependencies, RecoverySubmission } from "./http-dependencies.ts";
import { readJsonBody, readOptionalJsonBody } from "./json-body.ts";
import { openapiDocument } from "./openapi-document.ts";
import { RequestRefusal, unavailable } from "./request-refusal.ts";
import { pathPart, reading, writing, type RouteContext } from "./route-context.ts";
import { toSnakeCaseJson } from "./snake-case-json.ts";
import { webhookRoute } from "./webhook-route.ts";

export function addApiRoutes(router: Router, context: RouteContext): void {
  addSnapshotRoutes(router, context);
  addRecoveryReads(router, context);
  addRecoveryWrites(router, context);
  addSlotWrites(router, context);
  router.post("/api/v1/alerts", webhookRoute(context));
  router.get(
    "/api/v1/openapi.json",
    reading(context, (_request, response) => response.json(openapiDocument(context.dependencies.version))),
  );
}

function addSnapshotRoutes(router: Router, context: RouteContext): void {
  const { dependencies } = context;
  router.get(
    "/api/v1/anomalies",
    reading(context, (_request, response) =>
      response.json(dependencies.checkReport(requireSnapshot(dependencies))),
    ),
  );
  router.get(
    "/api/v1/pools",
    reading(context, (_request, response) => {
      const { pools } = requireSnapshot(dependencies);
      response.json(
        toSnakeCaseJson(
          pools.map(({ slots, ...pool }) => ({ ...pool, slotIds: slots.map((slot) => slot.slotId) })),
        ),
      );
    }),
  );
  router.get(
    "/api/v1/slots",
    reading(context, (_request, response) => {
      response.json(toSnakeCaseJson(requireSnapshot(dependencies).pools.flatMap((pool) => pool.slots)));
    }),
  );
  router.get(
    "/api/v1/slots/:id",
    reading(context, (request, response) => {
      const slots = requireSnapshot(dependencies).pools.flatMap((pool) => pool.slots);
      const slot = slots.find(({ slotId }) => slotId === pathPart(request, "id"));
      if (slot === undefined) throw noSuch("slot");
      response.json(toSnakeCaseJson(slot));
    }),
  );
}

function addRecoveryReads(router: Router, context: RouteContext): void {
  const { dependencies } = context;
  router.get(
    "/api/v1/recoveries",
    reading(context, async (_request, response) =>
      response.json(toSnakeCaseJson(await dependencies.recoveries.list())),
    ),
  );
  router.get(
    "/api/v1/recoveries/:id",
    reading(context, async (request, response) => {
      const recovery = await dependencies.recoveries.get(pathPart(request, "id"));
      if (recovery === undefined) throw noSuch("recovery");
      response.json(toSnakeCaseJson(recovery));
    }),
  );
  router.get(
    "/api/v1/salvages",
    reading(context, async (_request, response) =>
      response.json(toSnakeCaseJson(await dependencies.salvages())),
    ),
  );
}

function addRecoveryWrites(router: Router, context: RouteContext): void {
  const { recoveries } = context.dependencies;
  router.post(
    "/api/v1/recoveries",
    writing(context, async (request, response, { operator }) => {
      const body = parseRequest(requestSchemas.recovery, await readOptionalJsonBody(request, response));
      const options = toRecoveryOptions(body);
      await submit(context, response, { slotId: body.slot_id, force: body.force, options, operator });
    }),
  );
  for (const decision of ["approve", "reject"] as const) {
    router.post(
      `/api/v1/recoveries/:id/${decision}`,
      writing(context, async (request, response, { operator }) => {
        const recoveryId = pathPart(request, "id");
        const outcome = await recoveries[decision]({ recoveryId, operator });
        if (outcome.kind === "not_found") throw noSuch("recovery");
        if (outcome.kind === "not_waiting") {
          throw new RequestRefusal(409, "not_waiting", `the recovery is ${outcome.status}`);
        }
        response.json({ recovery_id: recoveryId, decision });
      }),
    );
  }
}

function addSlotWrites(router: Router, context: RouteContext): void {
  router.post(
    "/api/v1/slots/:id/recover",
    writing(context, async (request, response, { operator }) => {
      const body = parseRequest(requestSchemas.slotRecovery, await readOptionalJsonBody(request, response));
      const slotId = pathPart(request, "id");
      await submit(context, response, {
        slotId,
        force: body.force,
        options: toRecoveryOptions(body),
        operator,
      });
    }),
  );
  router.post(
    "/api/v1/slots/:id/isolate",
    writing(context, async (request, response, { operator }) => {
      const { reason } = parseRequest(requestSchemas.isolation, await readJsonBody(request, response));
      const slotId = pathPart(request, "id");
      const outcome = await context.dependencies.isolate({ slotId, reason, operator });
      if (outcome.kind === "not_found") throw noSuch("slot");
      if (outcome.kind === "refused") throw new RequestRefusal(409, outcome.reason, outcome.detail);
      response.json({ slot_id: slotId, isolated: true });
    }),
  );
}

async function submit(
  context: RouteContext,
  response: Response,
  submission: RecoverySubmission,
): Promise<void> {
  const outcome = await context.dependencies.recoveries.submit(submission);
  switch (outcome.kind) {
    case "queued":
      response.status(202).json({ recovery_id: outcome.recoveryId });
      return;
    case "planned":
      response.json(toSnakeCaseJson(outcome.recovery));
      return;
    case "not_found":
      throw noSuch("slot or pool");
    case "refused":
      throw new RequestRefusal(409, outcome.reason, outcome.detail);
    case "overloaded":
    case "not_ready":
      throw unavailable(outcome.kind);
  }
}

function requireSnapshot(dependencies: HttpDependencies): Snapshot {
  const snapshot = dependencies.snapshot();
  if (snapshot === undefined) throw unavailable("not_ready");
  return snapshot;
}

function noSuch(what: string): RequestRefusal {
  return new RequestRefusal(404, "not_found", `there is no such ${what}`);
}
