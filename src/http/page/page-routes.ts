import { z } from "zod";
import type { Pause } from "../../recovery/guards/pauses.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { Identity } from "../auth/authentication.ts";
import { issueWriter, requireFormToken } from "../auth/form-token.ts";
import type { HttpDependencies } from "../http-dependencies.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { routesFor, type Route, type RouteCall } from "../routes/route.ts";
import { decisionForm, formToken } from "./page-forms.ts";
import { renderPage } from "./page.ts";
import { pauseFields, readPauseForm } from "./pause-form.ts";

/** What became of a button: a sentence for the visitor, and the plan if one was asked for. */
interface FormResult {
  readonly notice?: string;
  readonly preview?: Recovery;
}

const name = z.string().min(1);
/** The page's buttons, by `action`. */
const pageForm = z.discriminatedUnion("action", [
  z.object({ action: z.enum(["preview", "recover"]), slot: name, form_token: formToken }),
  decisionForm,
  z.object({ action: z.literal("resume"), pause: name, form_token: formToken }),
  pauseFields.extend({ action: z.literal("pause"), form_token: formToken }),
]);
type PageForm = z.output<typeof pageForm>;

const { read, operate } = routesFor<HttpDependencies>();

export const pageRoutes: readonly Route<HttpDependencies>[] = [
  read("/", {
    summary: "The status page",
    answers: { 200: "text/html" },
    run: async (call) => ({ 200: await showPage(call) }),
  }),
  operate("/", {
    summary: "The page's own forms",
    body: pageForm,
    isForm: true,
    answers: { 200: "text/html" },
    run: async (call) => {
      requireFormToken(call.request, call.body.form_token);
      return { 200: await showPage(call, await act(call.dependencies, call.body, call.visitor)) };
    },
  }),
];

async function showPage(call: RouteCall<HttpDependencies>, result: FormResult = {}): Promise<string> {
  const { dependencies, telemetryPath, request, response, visitor } = call;
  return renderPage({
    now: dependencies.clock.now(),
    version: dependencies.version,
    telemetryPath,
    snapshot: dependencies.snapshot(),
    recoveries: await dependencies.recoveries.list(),
    recoveryMode: dependencies.recoveryMode(),
    maintenanceWindows: dependencies.maintenanceWindows(),
    pauses: dependencies.pauses(),
    salvages: await dependencies.salvages(),
    writer: issueWriter(request, response, visitor),
    preview: result.preview,
    notice: result.notice,
  });
}

async function act(
  dependencies: HttpDependencies,
  form: PageForm,
  { operator }: Identity,
): Promise<FormResult> {
  switch (form.action) {
    case "preview":
    case "recover":
      return recover(dependencies, { slotId: form.slot, operator, dryRun: form.action === "preview" });
    case "approve":
    case "reject": {
      const { action: decision, recovery: recoveryId } = form;
      const outcome = await dependencies.recoveries.decide({ recoveryId, operator, decision });
      const became = outcome.kind === "done" ? `: ${decision} noted` : " no longer waits";
      return { notice: `Recovery ${recoveryId}${became}.` };
    }
    case "pause":
      return { notice: await pause(dependencies, readPause(dependencies, form, operator)) };
    case "resume": {
      const { kind } = await dependencies.resume({ name: form.pause, operator });
      return {
        notice: kind === "resumed" ? `Pause ${form.pause} has ended.` : `There is no pause ${form.pause}.`,
      };
    }
  }
}

/** A mistake in a field is said on the page, where it can be corrected. */
function readPause(
  { clock }: HttpDependencies,
  form: z.output<typeof pauseFields>,
  operator: string,
): Pause | string {
  try {
    return readPauseForm(form, { operator, now: clock.now() });
  } catch (error) {
    if (error instanceof RequestRefusal) return `Not paused: ${error.message}.`;
    throw error;
  }
}

async function pause(dependencies: HttpDependencies, wanted: Pause | string): Promise<string> {
  if (typeof wanted === "string") return wanted;
  const { kind } = await dependencies.pause(wanted);
  switch (kind) {
    case "paused":
      return `Pause ${wanted.name} has begun.`;
    case "duplicate":
      return `Not paused: a pause is named ${wanted.name} already.`;
    case "full":
      return "Not paused: end a pause before you begin another.";
    case "not_found":
      return "Not paused: there is no such pool or slot any more.";
  }
}

async function recover(
  { recoveries }: HttpDependencies,
  { slotId, operator, dryRun }: { slotId: string; operator: string; dryRun: boolean },
): Promise<FormResult> {
  const outcome = await recoveries.submit({ slotId, force: false, options: { dryRun }, operator });
  switch (outcome.kind) {
    case "planned":
      return { preview: outcome.recovery };
    case "queued":
      return { notice: `Recovery ${outcome.recoveryId} of ${slotId} is queued.` };
    case "refused":
      return { notice: `Refused (${outcome.reason}): ${outcome.detail}` };
    case "not_found":
      return { notice: `There is no slot ${slotId}.` };
    case "overloaded":
    case "not_ready":
      return { notice: "Recovery cannot take the request now. Try again in a few seconds." };
  }
}
