import { z } from "zod";
import { errorCodes, errorMeanings, type ErrorStatus } from "./error-codes.ts";
import { isOptionalBody } from "./request-body.ts";
import type { Route } from "./routes/route.ts";

type AnyRoute = Route<never>;

/** The document of what a table of routes answers to. Pages and metrics are not in it. */
export function openapiDocument(version: string, routes: readonly AnyRoute[]) {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes.filter(isForMachines)) {
    const path = openapiPath(route);
    paths[path] = { ...paths[path], [route.method]: describeRoute(route, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "repo-pool-sidecar", version },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
        certificate: { type: "mutualTLS" },
      },
      schemas,
      responses: Object.fromEntries(
        Object.keys(errorCodes).map((status) => [status, describeError(Number(status) as ErrorStatus)]),
      ),
    },
  };
}

export function isForMachines({ path }: Pick<AnyRoute, "path">): boolean {
  return /^\/(?:-|api)\//.test(path);
}

/** `/api/v1/slots/{id}` */
export function openapiPath({ path }: Pick<AnyRoute, "path">): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

function describeRoute(route: AnyRoute, schemas: Record<string, unknown>): Record<string, unknown> {
  const { path, summary, body, answers, access } = route;
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
  const proofs = [{ bearer: [] }, { basic: [] }, { certificate: [] }];
  const errors = errorStatusesOf(route);
  const responses: Record<string, unknown> = {};
  for (const status of errors) responses[status] = { $ref: `#/components/responses/${status}` };
  for (const [status, answer] of Object.entries(answers)) {
    const isErrorToo = errors.some((error) => String(error) === status);
    const content = { ...contentOf(answer, schemas), ...(isErrorToo ? json(errorSchema(503)) : {}) };
    responses[status] = { description: isErrorToo ? errorMeanings[503] : "Done", content };
  }
  return {
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    requestBody: body && describeBody(body, schemas),
    // Reads are open unless the web configuration has users.
    security: access === "read" ? [{}, ...proofs] : proofs,
    responses,
  };
}

/** Anything may fail, and anybody may be unknown; a body that is sent may be a wrong one. */
function errorStatusesOf({ access, isProbe, parameters, body, errors = [] }: AnyRoute): ErrorStatus[] {
  const statuses: ErrorStatus[] = [401, 403, 500, 503, ...errors];
  if (access !== "webhook" && isProbe !== true) statuses.push(429);
  if (body !== undefined) statuses.push(400, 408, 413, 415);
  else if (parameters !== undefined) statuses.push(400);
  return [...new Set(statuses)].sort((one, other) => one - other);
}

const json = (schema: unknown) => ({ "application/json": { schema } });

function contentOf(answer: AnyRoute["answers"][200], schemas: Record<string, unknown>): object {
  if (typeof answer === "string") return { [answer]: { schema: { type: "string" } } };
  return answer === undefined ? {} : json(toJsonSchema(answer, "output", schemas));
}

function describeBody(body: z.ZodType, schemas: Record<string, unknown>): unknown {
  return { required: !isOptionalBody(body), content: json(toJsonSchema(body, "input", schemas)) };
}

function describeError(status: ErrorStatus): unknown {
  const description = errorMeanings[status];
  // Node answers by itself before there is a request to answer.
  return status === 408 ? { description } : { description, content: json(errorSchema(status)) };
}

function errorSchema(status: ErrorStatus): unknown {
  const codes = errorCodes[status];
  // A guard's refusal has the guard's name.
  const code = status === 409 ? { type: "string", examples: codes } : { type: "string", enum: codes };
  return {
    type: "object",
    required: ["error"],
    additionalProperties: false,
    properties: {
      error: {
        type: "object",
        required: ["code", "message"],
        additionalProperties: false,
        properties: { code, message: { type: "string" } },
      },
    },
  };
}

/** Schemas that have an id are described once, in `schemas`. */
function toJsonSchema(schema: z.ZodType, io: "input" | "output", schemas: Record<string, unknown>): unknown {
  const { $defs = {}, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  Object.assign(schemas, pointToComponents($defs));
  // OpenAPI 3.1 has one dialect for the whole document.
  return pointToComponents({ ...described, $schema: undefined });
}

function pointToComponents<Described extends object>(described: Described): Described {
  return JSON.parse(JSON.stringify(described).replaceAll('"#/$defs/', '"#/components/schemas/')) as Described;
}
