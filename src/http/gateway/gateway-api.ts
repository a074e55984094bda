import { z } from "zod";
import { recoveryStates } from "../../remediation/recovery-queue.ts";
import { webhookDecisions } from "../../remediation/webhook-decision.ts";
import { answerSchemas } from "../answer-schemas.ts";
import type { ServedApi } from "../openapi-document.ts";
import type { Operation } from "../operations.ts";

const text = z.string();
const count = z.int().nonnegative();
const time = z.iso.datetime();

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

const recovery = answerSchemas.recovery.extend({
  sidecar: text,
  status: z.enum([...recoveryStates, "not_found"]),
  target: text.describe("all, pool:NAME or slot:SLOT_ID"),
});

const answers = {
  decisions: z.object({
    decisions: z.array(
      z.object({
        fingerprint: text.describe("empty for the alerts that the sender left out"),
        status: z.enum(["firing", "resolved"]),
        decision: z.enum(webhookDecisions),
        sidecar: text.optional(),
        detail: text.optional(),
      }),
    ),
  }),
  fleet: z.object({
    hosts: z.array(host),
    shared_pools: z.array(text).describe("pools of several hosts: alerts about them need an instance"),
    shared_instances: z.array(text).describe("instances of several hosts: their alerts reach none"),
  }),
  forgotten: z.object({ sidecar: text, forgotten: z.literal(true) }),
  recoveries: z.array(recovery),
  recovery,
  sent: z.object({ recovery_id: text, decision: z.enum(["approve", "reject"]), sidecar: text }),
  openapi: answerSchemas.openapi,
} as const;

const operations: readonly Operation<keyof typeof answers>[] = [
  { method: "get", path: "/-/healthy", summary: "The process answers", answers: { 200: "text" } },
  { method: "get", path: "/-/ready", summary: "PostgreSQL answers", answers: { 200: "text" } },
  {
    method: "post",
    path: "/api/v1/alerts",
    summary: "Alertmanager's webhook for the whole fleet",
    body: "alertmanager",
    answers: { 202: "decisions" },
  },
  {
    method: "get",
    path: "/api/v1/hosts",
    summary: "Every host of the fleet, with its queue",
    answers: { 200: "fleet" },
  },
  {
    method: "post",
    path: "/api/v1/hosts/{id}/forget",
    summary: "Drop a host that is no more",
    answers: { 200: "forgotten" },
    errors: [404],
  },
  {
    method: "get",
    path: "/api/v1/recoveries",
    summary: "Recoveries of all hosts, newest first",
    answers: { 200: "recoveries" },
  },
  {
    method: "get",
    path: "/api/v1/recoveries/{id}",
    summary: "One recovery with its steps",
    answers: { 200: "recovery" },
    errors: [404],
  },
  ...(["approve", "reject"] as const).map((decision) => ({
    method: "post" as const,
    path: `/api/v1/recoveries/{id}/${decision}`,
    summary: `Send the decision to ${decision} to the recovery's host`,
    answers: { 202: "sent" } as const,
    errors: [404, 409] as const,
  })),
  { method: "get", path: "/api/v1/openapi.json", summary: "This document", answers: { 200: "openapi" } },
];

/** What a gateway answers to; a test compares it with the routes that are served. */
export const gatewayApi: ServedApi = { operations, answers };
