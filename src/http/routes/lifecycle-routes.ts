import { z } from "zod";
import type { WebhookRejection } from "../../remediation/alerts/webhook-decision.ts";
import type { CommonDependencies, HttpDependencies } from "../http-dependencies.ts";
import { openapiDocument } from "../openapi-document.ts";
import { noSuch, RequestRefusal, unavailable } from "../request-refusal.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import { decisions, pause, status, text } from "./answers.ts";
import { notification, pause as pauseRequest, resumption, toPause } from "./requests.ts";
import { routesFor, type Route } from "./route.ts";

const { read, operate } = routesFor<HttpDependencies>();
const common = routesFor<CommonDependencies>();

const rejectionOfCode: Readonly<Record<string, WebhookRejection>> = {
  unauthorized: "unauthorized",
  writes_disabled: "unauthorized",
  role_insufficient: "unauthorized",
  bad_origin: "unauthorized",
  bad_host: "unauthorized",
  too_large: "too_large",
  overloaded: "overloaded",
  not_ready: "not_ready",
  not_leader: "not_leader",
  queue_unavailable: "not_ready",
  remediation_disabled: "disabled",
};

const remediationDisabled = () =>
  new RequestRefusal(403, "remediation_disabled", "set remediation.enabled to accept alerts");

/** What every role answers. */
export const commonRoutes: readonly Route<CommonDependencies>[] = [
  common.webhook("/api/v1/alerts", {
    summary: "Alertmanager's webhook: a decision for each alert",
    body: notification,
    answers: { 202: decisions },
    refuse: (dependencies) => (dependencies.isRemediationEnabled() ? undefined : remediationDisabled()),
    onRefused: (dependencies, code) => {
      dependencies.onRejected(rejectionOfCode[code] ?? "malformed");
    },
    run: async ({ dependencies, body }) => {
      const receipt = await dependencies.receiveAlerts(body);
      if (receipt.kind === "malformed") throw new RequestRefusal(400, "malformed", receipt.detail);
      if (receipt.kind === "disabled") throw remediationDisabled();
      if (receipt.kind !== "accepted") throw unavailable(receipt.kind);
      return { 202: { decisions: toSnakeCaseJson(receipt.decisions) } };
    },
  }),
  common.read("/metrics", {
    summary: "What Prometheus scrapes, at `--web.telemetry-path`",
    answers: { 200: "text/plain" },
    run: async ({ dependencies, request: { headers } }) => {
      const { accept, "accept-encoding": acceptEncoding } = headers;
      return {
        200: await dependencies.exposition.render({ accept, acceptEncoding }),
      };
    },
  }),
  common.read("/-/healthy", {
    isProbe: true,
    summary: "The process answers",
    answers: { 200: "text/plain" },
    run: () => ({ 200: "healthy\n" }),
  }),
  common.read("/api/v1/openapi.json", {
    summary: "The OpenAPI document: the schema of every request and of every answer",
    answers: { 200: z.looseObject({ openapi: text, paths: z.record(text, z.unknown()) }) },
    run: ({ dependencies, routes }) => ({ 200: openapiDocument(dependencies.version, routes) }),
  }),
];

/** Ready while what it needs is there: a collection that saw something, or a gateway's PostgreSQL. */
export function readyRoute(summary: string) {
  return common.read("/-/ready", {
    isProbe: true,
    summary,
    answers: { 200: "text/plain", 503: "text/plain" },
    run: ({ dependencies }) => {
      const reason = dependencies.notReadyReason();
      return reason === undefined ? { 200: "ready\n" } : { 503: `${reason}\n` };
    },
  });
}

/** Reload and pause, by Prometheus' conventions. */
export const lifecycleRoutes: readonly Route<HttpDependencies>[] = [
  readyRoute("The first collection has ended, and the last one could read the directories of the pools"),
  ...(["post", "put"] as const).map((method) =>
    operate("/-/reload", {
      method,
      summary: "Read the configuration again; one with problems changes nothing",
      answers: {
        200: z.object({
          reloaded: z.literal(true),
          restart_needed: z.array(text).describe("keys whose change waits for a restart"),
        }),
      },
      errors: [422],
      run: async ({ dependencies, visitor: { operator } }) => {
        const outcome = await dependencies.reload({ operator });
        if (outcome.kind === "invalid")
          throw new RequestRefusal(422, "config_invalid", outcome.problems.join("; "));
        return { 200: { reloaded: true, restart_needed: outcome.restartNeeded } };
      },
    }),
  ),
  read("/api/v1/status", {
    summary: "What unattended recovery may do now: its mode, who leads, pauses and maintenance windows",
    answers: { 200: status },
    run: ({ dependencies }) => {
      const reason = dependencies.notReadyReason();
      return {
        200: toSnakeCaseJson({
          version: dependencies.version,
          ready: reason === undefined,
          notReadyReason: reason,
          checkedAt: dependencies.snapshot()?.checkedAt,
          recoveryMode: dependencies.recoveryMode(),
          remediationEnabled: dependencies.isRemediationEnabled(),
          leads: dependencies.isLeader(),
          pauses: dependencies.pauses(),
          maintenanceWindows: dependencies.maintenanceWindows(),
        }),
      };
    },
  }),
  read("/api/v1/pauses", {
    summary: "The pauses in force",
    answers: { 200: z.array(pause) },
    run: ({ dependencies }) => ({ 200: toSnakeCaseJson(dependencies.pauses()) }),
  }),
  operate("/-/pause", {
    summary: "Pause recovery of everything, a pool or a slot",
    body: pauseRequest,
    answers: { 201: pause },
    errors: [404, 409],
    run: async ({ dependencies, body, visitor: { operator } }) => {
      const wanted = toPause(body, operator, dependencies.clock.now());
      const { kind } = await dependencies.pause(wanted);
      if (kind === "duplicate") throw new RequestRefusal(409, "duplicate", "a pause of this name exists");
      if (kind === "full") throw new RequestRefusal(409, "too_many", "end a pause before you begin another");
      if (kind === "not_found") throw noSuch("pool or slot");
      return { 201: toSnakeCaseJson(wanted) };
    },
  }),
  operate("/-/resume", {
    summary: "End a pause",
    body: resumption,
    answers: { 200: z.object({ resumed: text }) },
    errors: [404],
    run: async ({ dependencies, body: { name }, visitor: { operator } }) => {
      const { kind } = await dependencies.resume({ name, operator });
      if (kind === "not_found") throw new RequestRefusal(404, "not_found", "there is no pause of this name");
      return { 200: { resumed: name } };
    },
  }),
];
