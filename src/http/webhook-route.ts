import type { RequestHandler } from "express";
import type { WebhookRejection } from "../remediation/webhook-decision.ts";
import type { HttpDependencies } from "./http-dependencies.ts";
import { readJsonBody } from "./json-body.ts";
import { RequestRefusal, unavailable } from "./request-refusal.ts";
import type { RouteContext } from "./route-context.ts";
import { toSnakeCaseJson } from "./snake-case-json.ts";

const rejectionOfCode: Readonly<Record<string, WebhookRejection>> = {
  unauthorized: "unauthorized",
  writes_disabled: "unauthorized",
  bad_origin: "unauthorized",
  bad_host: "unauthorized",
  too_large: "too_large",
  overloaded: "overloaded",
  not_ready: "not_ready",
  queue_unavailable: "not_ready",
  remediation_disabled: "disabled",
};

type WebhookContext = Pick<
  RouteContext<Pick<HttpDependencies, "isRemediationEnabled" | "receiveAlerts" | "onRejected">>,
  "dependencies" | "access"
>;

/** Alertmanager's webhook. Every post that is not accepted is counted with its reason. */
export function webhookRoute({ dependencies, access }: WebhookContext): RequestHandler {
  return async (request, response) => {
    try {
      if (!access.isWritable() && !dependencies.isRemediationEnabled()) throw remediationDisabled();
      await access.requireWriter(request);
      // Before the body: a post that will be refused anyway need not be read.
      if (!dependencies.isRemediationEnabled()) throw remediationDisabled();
      const receipt = await dependencies.receiveAlerts(await readJsonBody(request, response));
      if (receipt.kind === "malformed") throw new RequestRefusal(400, "malformed", receipt.detail);
      if (receipt.kind === "disabled") throw remediationDisabled();
      if (receipt.kind !== "accepted") throw unavailable(receipt.kind);
      response.status(202).json({ decisions: toSnakeCaseJson(receipt.decisions) });
    } catch (error) {
      if (error instanceof RequestRefusal)
        dependencies.onRejected(rejectionOfCode[error.code] ?? "malformed");
      throw error;
    }
  };
}

function remediationDisabled(): RequestRefusal {
  return new RequestRefusal(403, "remediation_disabled", "set remediation.enabled to accept alerts");
}
