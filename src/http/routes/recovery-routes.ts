import { z } from "zod";
import { approvalDecisions } from "../../remediation/queue/recovery-queue.ts";
import type { RecoverySubmission } from "../../remediation/remediation.ts";
import type { HttpDependencies } from "../http-dependencies.ts";
import { noSuch, RequestRefusal, unavailable } from "../request-refusal.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import { recovery, text } from "./answers.ts";
import { recovery as recoveryRequest, recoveryInPath, slotInPath, slotRecovery } from "./requests.ts";
import { routesFor, type Result, type Route } from "./route.ts";

const { read, operate } = routesFor<HttpDependencies>();
/** A dry run is answered with 200 and its plan, anything else with 202. */
const submitted = { 200: recovery, 202: z.object({ recovery_id: text }) };

export const recoveryRoutes: readonly Route<HttpDependencies>[] = [
  read("/api/v1/recoveries", {
    summary: "Recoveries, newest first, with their steps",
    answers: { 200: z.array(recovery) },
    run: async ({ dependencies }) => ({ 200: toSnakeCaseJson(await dependencies.recoveries.list()) }),
  }),
  read("/api/v1/recoveries/:id", {
    summary: "One recovery with its steps",
    parameters: recoveryInPath,
    answers: { 200: recovery },
    errors: [404],
    run: async ({ dependencies, parameters }) => {
      const found = await dependencies.recoveries.get(parameters.recoveryId);
      if (found === undefined) throw noSuch("recovery");
      return { 200: toSnakeCaseJson(found) };
    },
  }),
  operate("/api/v1/recoveries", {
    summary: "Recover a slot or pools; 200 has the plan of a dry run",
    body: recoveryRequest,
    answers: submitted,
    errors: [404, 409],
    run: ({ dependencies, body: { slotId, force, ...options }, visitor: { operator } }) =>
      submit(dependencies, { slotId, force, options, operator }),
  }),
  operate("/api/v1/slots/:id/recover", {
    summary: "Recover one slot; 200 has the plan of a dry run",
    parameters: slotInPath,
    body: slotRecovery,
    answers: submitted,
    errors: [404, 409],
    run: ({ dependencies, parameters: { slotId }, body: { force, ...options }, visitor: { operator } }) =>
      submit(dependencies, { slotId, force, options, operator }),
  }),
  ...approvalDecisions.map((decision) =>
    operate(`/api/v1/recoveries/:id/${decision}`, {
      summary: decision === "approve" ? "Let a waiting recovery run" : "Drop a waiting recovery",
      parameters: recoveryInPath,
      answers: { 200: z.object({ recovery_id: text, decision: z.enum(approvalDecisions) }) },
      errors: [404, 409],
      run: async ({ dependencies, parameters: { recoveryId }, visitor: { operator } }) => {
        const outcome = await dependencies.recoveries.decide({ recoveryId, operator, decision });
        if (outcome.kind !== "done") throw undecided(outcome);
        return { 200: { recovery_id: recoveryId, decision } };
      },
    }),
  ),
];

async function submit(
  { recoveries }: HttpDependencies,
  submission: RecoverySubmission,
): Promise<Result<typeof submitted>> {
  const outcome = await recoveries.submit(submission);
  switch (outcome.kind) {
    case "queued":
      return { 202: { recovery_id: outcome.recoveryId } };
    case "planned":
      return { 200: toSnakeCaseJson(outcome.recovery) };
    case "not_found":
      throw noSuch("slot or pool");
    case "refused":
      throw new RequestRefusal(409, outcome.reason, outcome.detail);
    case "overloaded":
    case "not_ready":
      throw unavailable(outcome.kind);
  }
}

type Undecided = { readonly kind: "not_found" } | { readonly kind: "not_waiting"; readonly state: string };

/** Why nothing was decided about a recovery. */
export function undecided(outcome: Undecided): RequestRefusal {
  return outcome.kind === "not_found"
    ? noSuch("recovery")
    : new RequestRefusal(409, "not_waiting", `the recovery is ${outcome.state}`);
}
