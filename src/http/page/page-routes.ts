import type { Request, Response, Router } from "express";
import type { Pause } from "../../recovery/guards/pauses.ts";
import type { Identity } from "../auth/authentication.ts";
import { issueWriter, requireFormToken } from "../auth/form-token.ts";
import type { HttpDependencies, Recovery } from "../http-dependencies.ts";
import { readForm } from "../json-body.ts";
import { pageIcon, pageScript, pageStyle } from "./page-assets.ts";
import { pageActions, type PageAction } from "./page-forms.ts";
import { renderPage } from "./page.ts";
import { readPauseForm } from "./pause-form.ts";
import { RequestRefusal } from "../request-refusal.ts";
import { reading, writing, type RouteContext } from "../route-context.ts";

/** What became of a button: a sentence for the visitor, and the plan where one was asked for. */
interface FormActionResult {
  readonly notice?: string;
  readonly preview?: Recovery;
}

interface FormAction {
  readonly action: PageAction;
  readonly fields: ReadonlyMap<string, string>;
  readonly operator: string;
}

export function addPageRoutes(router: Router, context: RouteContext): void {
  const { dependencies } = context;
  const show = async (
    request: Request,
    response: Response,
    visitor: Identity | undefined,
    result: FormActionResult = {},
  ) => {
    const page = renderPage({
      now: dependencies.clock.now(),
      version: dependencies.version,
      telemetryPath: context.telemetryPath,
      snapshot: dependencies.snapshot(),
      recoveries: await dependencies.recoveries.list(),
      pauses: dependencies.pauses(),
      salvages: await dependencies.salvages(),
      writer: issueWriter(request, response, visitor),
      preview: result.preview,
      notice: result.notice,
    });
    response.type("html").send(page);
  };
  router.get(
    "/",
    reading(context, (request, response, visitor) => show(request, response, visitor)),
  );
  router.post(
    "/",
    writing(context, async (request, response, visitor) => {
      const fields = await readForm(request, response);
      requireFormToken(request, fields.get("form_token"));
      const action = pageActions.find((known) => known === fields.get("action"));
      if (action === undefined) throw new RequestRefusal(400, "malformed", "action: not one of this page");
      await show(
        request,
        response,
        visitor,
        await press(dependencies, { action, fields, operator: visitor.operator }),
      );
    }),
  );
  addPageAssets(router, context);
}

export function addPageAssets(router: Router, context: AssetContext): void {
  addAsset(router, context, { path: "/assets/page.css", type: "css", content: pageStyle });
  addAsset(router, context, { path: "/assets/page.js", type: "js", content: pageScript });
  addAsset(router, context, { path: "/assets/icon.svg", type: "svg", content: pageIcon });
}

type AssetContext = Pick<RouteContext, "access">;

function addAsset(
  router: Router,
  context: AssetContext,
  asset: { path: string; type: string; content: string },
): void {
  router.get(
    asset.path,
    reading(context, (_request, response) => response.type(asset.type).send(asset.content)),
  );
}

async function press(
  dependencies: HttpDependencies,
  { action, fields, operator }: FormAction,
): Promise<FormActionResult> {
  const { recoveries } = dependencies;
  switch (action) {
    case "preview":
    case "recover":
      return recover(dependencies, {
        slotId: requireField(fields, "slot"),
        operator,
        dryRun: action === "preview",
      });
    case "approve":
    case "reject": {
      const recoveryId = requireField(fields, "recovery");
      const outcome = await recoveries[action]({ recoveryId, operator });
      const isDone = outcome.kind === "done";
      return {
        notice: isDone
          ? `Recovery ${recoveryId}: ${action} noted.`
          : `Recovery ${recoveryId} no longer waits.`,
      };
    }
    case "pause":
      return { notice: await pause(dependencies, { fields, operator }) };
    case "resume": {
      const name = requireField(fields, "pause");
      const { kind } = await dependencies.resume({ name, operator });
      return { notice: kind === "resumed" ? `Pause ${name} has ended.` : `There is no pause ${name}.` };
    }
  }
}

/** A mistake in a field is said on the page, where it can be mended. */
async function pause(
  dependencies: HttpDependencies,
  { fields, operator }: Omit<FormAction, "action">,
): Promise<string> {
  const asked = readPause(fields, { operator, now: dependencies.clock.now() });
  if (typeof asked === "string") return asked;
  const { kind } = await dependencies.pause(asked);
  switch (kind) {
    case "paused":
      return `Pause ${asked.name} has begun.`;
    case "duplicate":
      return `Not paused: a pause is named ${asked.name} already.`;
    case "full":
      return "Not paused: end a pause before you begin another.";
    case "not_found":
      return "Not paused: there is no such pool or slot any more.";
  }
}

function readPause(
  fields: ReadonlyMap<string, string>,
  origin: { operator: string; now: Date },
): Pause | string {
  try {
    return readPauseForm(fields, origin);
  } catch (error) {
    if (error instanceof RequestRefusal) return `Not paused: ${error.message}.`;
    throw error;
  }
}

async function recover(
  { recoveries }: HttpDependencies,
  { slotId, operator, dryRun }: { slotId: string; operator: string; dryRun: boolean },
): Promise<FormActionResult> {
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

function requireField(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value === undefined || value === "") throw new RequestRefusal(400, "malformed", `${name}: missing`);
  return value;
}
