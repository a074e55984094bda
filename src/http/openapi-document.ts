import { z } from "zod";
import { answerSchemas } from "./answer-schemas.ts";
import { requestSchemas } from "./api-requests.ts";
import { errorCodes, errorMeanings, type ErrorStatus } from "./error-codes.ts";
import { alertStatuses, notificationLimits } from "../remediation/notification.ts";
import { operations, type Operation } from "./operations.ts";

/** What a role of this program answers to. */
export interface ServedApi {
  readonly operations: readonly Operation<string>[];
  /** The answers that the operations name. */
  readonly answers: Readonly<Record<string, z.ZodType>>;
}

const sidecarApi: ServedApi = { operations, answers: answerSchemas };

export function openapiDocument(version: string, api = sidecarApi): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of api.operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
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
      schemas: Object.fromEntries(
        Object.entries(api.answers).map(([name, schema]) => [name, toJsonSchema(schema, "output")]),
      ),
      responses: Object.fromEntries(
        Object.keys(errorCodes).map((status) => [status, describeError(Number(status) as ErrorStatus)]),
      ),
    },
  };
}

function describeOperation(operation: Operation<string>): Record<string, unknown> {
  const { path, summary, body, answers } = operation;
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
  const proofs = [{ bearer: [] }, { basic: [] }, { certificate: [] }];
  return {
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body === undefined ? {} : { requestBody: describeBody(body) }),
    // Reads are open where the web configuration has no users.
    security: operation.method === "get" ? [{}, ...proofs] : proofs,
    responses: {
      ...Object.fromEntries(
        Object.entries(answers).map(([status, answer]) => [status, describeAnswer(answer)]),
      ),
      ...Object.fromEntries(
        errorStatusesOf(operation).map((status) => [status, { $ref: `#/components/responses/${status}` }]),
      ),
      ...(path === "/-/ready"
        ? { 503: { description: "It has not", content: { ...plainText, ...json(errorSchema(503)) } } }
        : {}),
    },
  };
}

/** Anything may fail, and anybody may be unknown; whoever sends a body may send a wrong one. */
export function errorStatusesOf({ method, path, body, errors = [] }: Operation<string>): ErrorStatus[] {
  const statuses: ErrorStatus[] = [401, 500, 503, ...errors];
  if (method !== "get") statuses.push(403);
  if (body !== undefined) statuses.push(400, 408, 413, 415);
  else if (path.includes("{")) statuses.push(400);
  return [...new Set(statuses)].sort((one, other) => one - other);
}

const plainText = { "text/plain": { schema: { type: "string" } } };
const json = (schema: unknown) => ({ "application/json": { schema } });

function describeAnswer(answer: Operation<string>["answers"][200]): unknown {
  const content = answer === "text" ? plainText : json({ $ref: `#/components/schemas/${answer ?? ""}` });
  return { description: "Done", content };
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

/** What is read of Alertmanager's payload; `parseNotification` holds it to more than a schema can say. */
const notificationSchema = z.looseObject({
  version: z.literal("4"),
  alerts: z
    .array(
      z.looseObject({
        status: z.enum(alertStatuses),
        fingerprint: z.string().regex(/^[0-9a-f]{1,64}$/),
        startsAt: z.string(),
        labels: z.record(
          z.string().max(notificationLimits.labelNameLength),
          z.string().max(notificationLimits.labelValueLength),
        ),
      }),
    )
    .max(notificationLimits.alertCount),
  groupLabels: z.record(z.string(), z.string()).optional(),
  truncatedAlerts: z.int().nonnegative().optional(),
});

function describeBody(body: NonNullable<Operation["body"]>): unknown {
  const schema = body === "alertmanager" ? notificationSchema : requestSchemas[body];
  return { content: json(toJsonSchema(schema, "input")) };
}

function toJsonSchema(schema: z.ZodType, io: "input" | "output"): unknown {
  // OpenAPI 3.1 has one dialect for the whole document.
  return { ...z.toJSONSchema(schema, { io, unrepresentable: "any" }), $schema: undefined };
}
