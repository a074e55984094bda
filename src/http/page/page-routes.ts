import { isSourceSlotId } from "../../pool/sources/source-names.ts";
import { z } from "zod";
import type { Pause } from "../../recovery/guards/pauses.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { Identity } from "../auth/authentication.ts";
import { requireFormToken } from "../auth/form-token.ts";
import type { HttpDependencies } from "../http-dependencies.ts";
import { noSuch, RequestRefusal } from "../request-refusal.ts";
import { slotInPath } from "../routes/requests.ts";
import { routesFor, type Route, type RouteCall } from "../routes/route.ts";
import type { Root } from "./document.ts";
import { decisionForm, formToken } from "./page-forms.ts";
import type { PageFacts } from "./page-model.ts";
import { identifyVisitor } from "./page-visitor.ts";
import { renderPage } from "./page.ts";
import { pauseFields, readPauseForm } from "./pause-form.ts";
import { renderSlotPage, type SlotCommand } from "./slot-page.ts";
import { slotQuery } from "./slot-query.ts";

/** The result of a button: a sentence for the visitor, and the plan of a dry run. */
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
  read("/slots/:id", {
    summary: "The page of one slot: its evidence, what was done to it, its saved work",
    parameters: slotInPath,
    answers: { 200: "text/html" },
    errors: [404],
    run: async (call) => {
      const { slotId } = call.parameters;
      const facts = await readFacts(call, "../");
      const page = renderSlotPage({ ...facts, slotId, commands: slotCommands(slotId, call.dependencies) });
      if (page === undefined) throw noSuch("slot");
      return { 200: page };
    },
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
  const facts = await readFacts(call, "./");
  return renderPage({ ...facts, ...result, query: slotQuery.parse(call.request.query) });
}

async function readFacts(call: RouteCall<HttpDependencies>, root: Root): Promise<PageFacts> {
  const { dependencies, telemetryPath } = call;
  const snapshot = dependencies.snapshot();
  const recoveries = await dependencies.recoveries.list();
  const salvages = await dependencies.salvages();
  return {
    now: pageTime(dependencies.clock.now(), [
      snapshot?.checkedAt,
      recoveries[0]?.requestedAt,
      salvages.at(-1)?.createdAt,
    ]),
    version: dependencies.version,
    telemetryPath,
    snapshot,
    recoveries,
    recoveryMode: dependencies.recoveryMode(),
    maintenanceWindows: dependencies.maintenanceWindows(),
    pauses: dependencies.pauses(),
    salvages,
    ...identifyVisitor(call, root),
  };
}

/** The time that the page shows: the start of this minute, or a later event. So an unchanged page is equal for a minute. */
function pageTime(now: Date, happened: readonly (Date | undefined)[]): Date {
  const minute = now.getTime() - (now.getTime() % 60_000);
  return new Date(Math.max(minute, ...happened.map((at) => at?.getTime() ?? 0)));
}

/** What an operator types next, most harmless first. */
function slotCommands(slotId: string, { commandLine }: HttpDependencies): SlotCommand[] {
  const looks = [
    { does: "What is wrong, looked at now", command: commandLine("why", slotId) },
    { does: "What was done to it", command: commandLine("history", slotId) },
  ];
  const recoveries = [
    { does: "What recovery would do", command: commandLine("recover", slotId, "--dry-run") },
    { does: "Recover it", command: commandLine("recover", slotId) },
  ];
  if (isSourceSlotId(slotId))
    return [
      ...looks,
      { does: "Save its unsaved work; it stays as it is", command: commandLine("salvage", "save", slotId) },
      ...recoveries,
    ];
  return [
    ...looks,
    ...recoveries,
    {
      does: "Take it back from its agent; unsaved work is saved first",
      command: commandLine("release", slotId),
    },
  ];
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

/** A mistake in a field is shown on the page, so that it can be corrected. */
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
