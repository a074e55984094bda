import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from "express";
import type { RenderedExposition } from "../metrics/exposition.ts";
import type { Identity } from "./auth/authentication.ts";
import { bodyReaders, parseRequest, refusalOf } from "./request-body.ts";
import { RequestRefusal } from "./request-refusal.ts";
import type { Answers, Route, RouteContext } from "./routes/route.ts";

/** An express router over a table of routes. */
export function createRouter<Dependencies>(context: RouteContext<Dependencies>): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  for (const route of context.routes) {
    const path = route.path === "/metrics" ? context.telemetryPath : route.path;
    const handlers = [admit(route, context), ...bodyReaders(route), run(route, context)];
    router[route.method](path, ...handlers, noteRefusal(route, context));
  }
  return router;
}

function admit<Dependencies>(
  route: Route<Dependencies>,
  { access, dependencies }: RouteContext<Dependencies>,
): RequestHandler {
  return async (request, response, next) => {
    access.limitRate(route);
    const refusal = route.refuse?.(dependencies);
    // Nobody can authenticate: this refusal says what to do first.
    if (refusal !== undefined && !access.isWritable()) throw refusal;
    response.locals["visitor"] = await access.admit(route, request);
    if (refusal !== undefined) throw refusal;
    next();
  };
}

function run<Dependencies>(route: Route<Dependencies>, context: RouteContext<Dependencies>): RequestHandler {
  return async (request, response) => {
    const body = route.body && parseRequest(route.body, request.body ?? {});
    const parameters = parseParameters(route, request.params);
    const visitor = response.locals["visitor"] as Identity | undefined;
    send(
      response,
      route.answers,
      await route.run({ ...context, body, parameters, visitor, request, response }),
    );
  };
}

function noteRefusal<Dependencies>(
  route: Route<Dependencies>,
  { dependencies }: RouteContext<Dependencies>,
): ErrorRequestHandler {
  return (error: unknown, _request, _response, next) => {
    const refusal = refusalOf(error);
    if (refusal !== undefined) route.onRefused?.(dependencies, refusal.code);
    next(error);
  };
}

/** @throws RequestRefusal 404 if nothing can have such a name */
function parseParameters({ parameters }: Pick<Route<never>, "parameters">, named: unknown): unknown {
  const parsed = parameters?.safeParse(named);
  if (parsed?.success !== false) return parsed?.data;
  throw new RequestRefusal(404, "not_found", parsed.error.issues[0]?.message ?? "there is no such thing");
}

function send(response: Response, answers: Answers, result: object): void {
  const [status, content] = (Object.entries(result) as [string, unknown][])[0] ?? [];
  const kind = answers[Number(status) as keyof Answers];
  response.status(Number(status));
  if (typeof kind !== "string") response.json(content);
  else if (typeof content === "string") response.type(kind).send(content);
  else sendExposition(response, content as RenderedExposition);
}

function sendExposition(
  response: Response,
  { contentType, contentEncoding, body }: RenderedExposition,
): void {
  response.setHeader("Content-Type", contentType);
  response.setHeader("Vary", "Accept, Accept-Encoding");
  if (contentEncoding !== undefined) response.setHeader("Content-Encoding", contentEncoding);
  // Not send(): it would compute an ETag over megabytes for a client that never asks for one.
  response.setHeader("Content-Length", body.length);
  response.end(body);
}
