import type { Identity } from "../auth/authentication.ts";
import type { HttpDependencies } from "../http-dependencies.ts";
import type { OperationOutcome, PoolOperations } from "../pool-operations.ts";
import { RequestRefusal, unavailable } from "../request-refusal.ts";
import type { RouteCall } from "./route.ts";

/** Does what path and body ask for, in the visitor's name. @throws RequestRefusal if it was not done */
export async function perform<Parameters, Body, Answer>(
  { dependencies, parameters, body, visitor }: RouteCall<HttpDependencies, Parameters, Body, Identity>,
  operate: (
    operations: PoolOperations,
    asked: Parameters & Body & { operator: string },
  ) => Promise<OperationOutcome<Answer>>,
): Promise<Answer> {
  const asked = { ...parameters, ...body, operator: visitor.operator };
  const outcome = await operate(dependencies.operations, asked);
  switch (outcome.kind) {
    case "done":
      return outcome.answer;
    case "not_found":
      throw new RequestRefusal(404, "not_found", outcome.detail);
    case "malformed":
      throw new RequestRefusal(400, "malformed", outcome.detail);
    case "refused":
      throw new RequestRefusal(409, outcome.reason, outcome.detail);
    case "overloaded":
      throw unavailable("overloaded");
  }
}
