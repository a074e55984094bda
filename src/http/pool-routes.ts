import type { Request, Response, Router } from "express";
import { isRepoName, parseSlotId } from "../pool/slot-id.ts";
import { parseRequest, requestSchemas } from "./api-requests.ts";
import { readJsonBody, readOptionalJsonBody } from "./json-body.ts";
import type { OperationOutcome, PoolOperations, PoolRequest, SlotRequest } from "./pool-operations.ts";
import { RequestRefusal, unavailable } from "./request-refusal.ts";
import { pathPart, reading, writing, type RouteContext } from "./route-context.ts";

/** What the command line does to pools, slots, locks and saved work. */
export function addPoolRoutes(router: Router, context: RouteContext): void {
  addPoolWrites(router, context);
  addSlotOperations(router, context);
  addLockRoutes(router, context);
  const { operations } = context.dependencies;
  router.post(
    "/api/v1/salvages/prune",
    writing(context, async (request, response, { operator }) => {
      const body = parseRequest(requestSchemas.prune, await readOptionalJsonBody(request, response));
      answer(response, await operations.pruneSalvages({ dryRun: body.dry_run, operator }));
    }),
  );
}

function addPoolWrites(router: Router, context: RouteContext): void {
  const { operations } = context.dependencies;
  router.post(
    "/api/v1/pools",
    writing(context, async (request, response, { operator }) => {
      const body = parseRequest(requestSchemas.poolCreation, await readJsonBody(request, response));
      const { repo_name: repoName, repo_url: repoUrl, num_slots: numSlots, layout } = body;
      answer(response, await operations.createPool({ repoName, repoUrl, numSlots, layout, operator }), 201);
    }),
  );
  const route = (part: string, operate: keyof PoolOperations & ("addSlot" | "allocate"), status: number) =>
    router.post(
      `/api/v1/pools/:name/${part}`,
      writing(context, async (request, response, { operator }) => {
        await requireNoFields(request, response);
        answer(response, await operations[operate](poolRequest(request, operator)), status);
      }),
    );
  route("slots", "addSlot", 201);
  route("allocate", "allocate", 200);
}

function addSlotOperations(router: Router, context: RouteContext): void {
  const { operations } = context.dependencies;
  for (const operation of ["release", "unlock", "heartbeat"] as const) {
    router.post(
      `/api/v1/slots/:id/${operation}`,
      writing(context, async (request, response, { operator }) => {
        await requireNoFields(request, response);
        answer(response, await operations[operation](slotRequest(request, operator)));
      }),
    );
  }
  router.post(
    "/api/v1/slots/:id/remove",
    writing(context, async (request, response, { operator }) => {
      const { force } = parseRequest(requestSchemas.removal, await readOptionalJsonBody(request, response));
      answer(response, await operations.removeSlot({ ...slotRequest(request, operator), force }));
    }),
  );
}

function addLockRoutes(router: Router, context: RouteContext): void {
  const { operations } = context.dependencies;
  router.get(
    "/api/v1/locks",
    reading(context, async (_request, response) => response.json(await operations.listLocks())),
  );
  router.post(
    "/api/v1/locks/clean",
    writing(context, async (request, response, { operator }) => {
      await requireNoFields(request, response);
      answer(response, await operations.cleanLocks({ operator }));
    }),
  );
}

async function requireNoFields(request: Request, response: Response): Promise<void> {
  parseRequest(requestSchemas.nothing, await readOptionalJsonBody(request, response));
}

/** Names become parts of paths: one that cannot be a pool's is looked up nowhere. */
function poolRequest(request: Request, operator: string): PoolRequest {
  const repoName = pathPart(request, "name");
  if (!isRepoName(repoName)) throw new RequestRefusal(404, "not_found", "there is no such pool");
  return { repoName, operator };
}

function slotRequest(request: Request, operator: string): SlotRequest {
  const slotId = pathPart(request, "id");
  if (parseSlotId(slotId) === undefined) throw new RequestRefusal(404, "not_found", "there is no such slot");
  return { slotId, operator };
}

function answer(response: Response, outcome: OperationOutcome, status = 200): void {
  switch (outcome.kind) {
    case "done":
      response.status(status).json(outcome.answer);
      return;
    case "not_found":
      throw new RequestRefusal(404, "not_found", outcome.detail);
    case "malformed":
      throw new RequestRefusal(400, "malformed", outcome.detail);
    case "refused":
      throw new RequestRefusal(409, outcome.reason, outcome.detail);
    case "overloaded":
      throw unavailable("overloaded");
  }
}
