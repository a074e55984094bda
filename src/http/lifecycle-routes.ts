import type { RequestHandler, Router } from "express";
import { parseRequest, requestSchemas, toPause } from "./api-requests.ts";
import type { HttpDependencies } from "./http-dependencies.ts";
import { readJsonBody } from "./json-body.ts";
import { RequestRefusal } from "./request-refusal.ts";
import { reading, writing, type RouteContext } from "./route-context.ts";
import { toSnakeCaseJson } from "./snake-case-json.ts";

/** Prometheus' conventions: the exposition, the probes, reload and pause. */
export function addLifecycleRoutes(router: Router, context: RouteContext): void {
  const { dependencies } = context;
  router.get(context.telemetryPath, expositionRoute(context));
  router.get(
    "/-/healthy",
    reading(context, (_request, response) => response.type("text/plain").send("healthy\n")),
  );
  router.get(
    "/-/ready",
    reading(context, (_request, response) => {
      const isReady = dependencies.isReady();
      response.status(isReady ? 200 : 503).type("text/plain");
      response.send(isReady ? "ready\n" : "the first collection has not ended\n");
    }),
  );
  const reload = writing(context, async (_request, response, { operator }) => {
    const outcome = await dependencies.reload({ operator });
    if (outcome.kind === "invalid")
      throw new RequestRefusal(422, "config_invalid", outcome.problems.join("; "));
    response.json({ reloaded: true, restart_needed: outcome.restartNeeded });
  });
  router.route("/-/reload").post(reload).put(reload);
  addPauseRoutes(router, context);
}

/** What Prometheus scrapes. */
export function expositionRoute(context: RouteContext<Pick<HttpDependencies, "exposition">>): RequestHandler {
  return reading(context, async (request, response) => {
    const accept = request.headers.accept;
    const acceptEncoding = request.headers["accept-encoding"];
    const rendered = await context.dependencies.exposition.render({
      ...(accept === undefined ? {} : { accept }),
      ...(typeof acceptEncoding === "string" ? { acceptEncoding } : {}),
    });
    response.setHeader("Content-Type", rendered.contentType);
    response.setHeader("Vary", "Accept, Accept-Encoding");
    if (rendered.contentEncoding !== undefined)
      response.setHeader("Content-Encoding", rendered.contentEncoding);
    // Not send(): it would compute an ETag over megabytes for a client that never asks for one.
    response.setHeader("Content-Length", rendered.body.length);
    response.end(rendered.body);
  });
}

function addPauseRoutes(router: Router, context: RouteContext): void {
  const { dependencies } = context;
  router.post(
    "/-/pause",
    writing(context, async (request, response, { operator }) => {
      const body = parseRequest(requestSchemas.pause, await readJsonBody(request, response));
      const pause = toPause(body, operator, dependencies.clock.now());
      const { kind } = await dependencies.pause(pause);
      if (kind === "duplicate") throw new RequestRefusal(409, "duplicate", "a pause of this name exists");
      if (kind === "full") throw new RequestRefusal(409, "too_many", "end a pause before you begin another");
      if (kind === "not_found") throw new RequestRefusal(404, "not_found", "there is no such pool or slot");
      response.status(201).json(toSnakeCaseJson(pause));
    }),
  );
  router.get(
    "/api/v1/pauses",
    reading(context, (_request, response) => response.json(toSnakeCaseJson(dependencies.pauses()))),
  );
  router.post(
    "/-/resume",
    writing(context, async (request, response, { operator }) => {
      const { name } = parseRequest(requestSchemas.resume, await readJsonBody(request, response));
      const { kind } = await dependencies.resume({ name, operator });
      if (kind === "not_found") throw new RequestRefusal(404, "not_found", "there is no pause of this name");
      response.json({ resumed: name });
    }),
  );
}
