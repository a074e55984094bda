import type { Request, RequestHandler, Response } from "express";
import type { Access } from "./auth/access.ts";
import type { Identity } from "./auth/authentication.ts";
import type { HttpDependencies } from "./http-dependencies.ts";

/** What every route needs; a gateway's routes can do other things than a sidecar's. */
export interface RouteContext<Dependencies = HttpDependencies> {
  readonly dependencies: Dependencies;
  readonly access: Access;
  readonly telemetryPath: string;
}

/** A route that reads: the visitor may be nobody in particular. */
export function reading(
  { access }: Pick<RouteContext, "access">,
  answer: (request: Request, response: Response, reader: Identity | undefined) => unknown,
): RequestHandler {
  return async (request, response) => {
    await answer(request, response, await access.requireReader(request));
  };
}

/** A route that changes something: it runs for a proven operator alone. */
export function writing(
  { access }: Pick<RouteContext, "access">,
  answer: (request: Request, response: Response, writer: Identity) => unknown,
): RequestHandler {
  return async (request, response) => {
    await answer(request, response, await access.requireWriter(request));
  };
}

/** A named part of the path; a route that has no such part is our mistake. */
export function pathPart(request: Request, name: string): string {
  const value = request.params[name];
  if (typeof value !== "string") throw new Error(`the route has no :${name}`);
  return value;
}
