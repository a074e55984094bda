import { z } from "zod";
import { requestSchemas } from "./api-requests.ts";

interface Operation {
  readonly method: "get" | "post" | "put";
  readonly path: string;
  readonly summary: string;
  readonly body?: keyof typeof requestSchemas | "alertmanager";
  /** The status of success; 200 where absent. */
  readonly status?: number;
}

/** Every route that machines use; a test compares it with the routes that are served. */
export const operations: readonly Operation[] = [
  { method: "get", path: "/-/healthy", summary: "The process answers" },
  { method: "get", path: "/-/ready", summary: "The first collection has ended" },
  { method: "post", path: "/-/reload", summary: "Read the configuration again" },
  { method: "put", path: "/-/reload", summary: "Read the configuration again" },
  { method: "post", path: "/-/pause", summary: "Pause recovery", body: "pause", status: 201 },
  { method: "post", path: "/-/resume", summary: "End a pause", body: "resume" },
  {
    method: "post",
    path: "/api/v1/alerts",
    summary: "Alertmanager's webhook",
    body: "alertmanager",
    status: 202,
  },
  { method: "get", path: "/api/v1/anomalies", summary: "What check --json prints" },
  { method: "get", path: "/api/v1/pools", summary: "Every pool" },
  { method: "get", path: "/api/v1/slots", summary: "Every slot" },
  { method: "get", path: "/api/v1/slots/{id}", summary: "One slot with its evidence" },
  { method: "get", path: "/api/v1/recoveries", summary: "Recoveries, newest first" },
  { method: "get", path: "/api/v1/recoveries/{id}", summary: "One recovery with its steps" },
  {
    method: "get",
    path: "/api/v1/salvages",
    summary: "Saved work, oldest first; its content is never served",
  },
  { method: "get", path: "/api/v1/openapi.json", summary: "This document" },
  {
    method: "post",
    path: "/api/v1/recoveries",
    summary: "Recover a slot or pools",
    body: "recovery",
    status: 202,
  },
  { method: "post", path: "/api/v1/recoveries/{id}/approve", summary: "Let a waiting recovery run" },
  { method: "post", path: "/api/v1/recoveries/{id}/reject", summary: "Drop a waiting recovery" },
  {
    method: "post",
    path: "/api/v1/slots/{id}/recover",
    summary: "Recover one slot",
    body: "slotRecovery",
    status: 202,
  },
  {
    method: "post",
    path: "/api/v1/pools",
    summary: "Make a pool; answered when all of it is there",
    body: "poolCreation",
    status: 201,
  },
  {
    method: "post",
    path: "/api/v1/pools/{name}/slots",
    summary: "Add a slot to a pool",
    body: "nothing",
    status: 201,
  },
  {
    method: "post",
    path: "/api/v1/pools/{name}/allocate",
    summary: "Lend the most recently used available slot",
    body: "nothing",
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/release",
    summary: "Take a slot back; unsaved work is saved first",
    body: "nothing",
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/remove",
    summary: "Move a slot out of its pool into quarantine",
    body: "removal",
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/unlock",
    summary: "End a lock that nobody holds",
    body: "nothing",
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/heartbeat",
    summary: "Say that the slot's agent works",
    body: "nothing",
  },
  { method: "get", path: "/api/v1/locks", summary: "Every slot lock, with its holder" },
  { method: "post", path: "/api/v1/locks/clean", summary: "Move orphaned locks aside", body: "nothing" },
  { method: "get", path: "/api/v1/pauses", summary: "The pauses in force" },
  {
    method: "post",
    path: "/api/v1/salvages/prune",
    summary: "Remove saved work that is past its time",
    body: "prune",
  },
  {
    method: "post",
    path: "/api/v1/slots/{id}/isolate",
    summary: "Take a slot out of rotation",
    body: "isolation",
  },
];

const pathNames = /\{(\w+)\}/g;

export function openapiDocument(version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
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
      },
      responses: {
        Error: { description: "What was wrong", content: { "application/json": { schema: errorSchema } } },
      },
    },
  };
}

const errorSchema = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  },
};

function describeOperation(operation: Operation): Record<string, unknown> {
  const isWrite = operation.method !== "get";
  const parameters = [...operation.path.matchAll(pathNames)].map(([, name]) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
  }));
  return {
    summary: operation.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body === undefined ? {} : { requestBody: describeBody(operation.body) }),
    ...(isWrite ? { security: [{ bearer: [] }, { basic: [] }] } : {}),
    responses: {
      [operation.status ?? 200]: { description: "Done" },
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

function describeBody(body: NonNullable<Operation["body"]>): unknown {
  const schema =
    body === "alertmanager"
      ? { type: "object", required: ["version", "alerts"] }
      : z.toJSONSchema(requestSchemas[body], { io: "input", unrepresentable: "any" });
  return { content: { "application/json": { schema } } };
}
