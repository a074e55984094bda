import { z } from "zod";
import { approvalDecisions } from "../../remediation/queue/recovery-queue.ts";
import { html, type Html } from "./html.ts";
import type { PageWriter } from "./page-visitor.ts";

/** Compared with the cookie's by `requireFormToken`. */
export const formToken = z.string().optional();

/** The buttons of a recovery that waits for approval. */
export const decisionForm = z.object({
  action: z.enum(approvalDecisions),
  recovery: z.string().min(1),
  form_token: formToken,
});

interface ActionButton {
  readonly action: "preview" | "recover" | "approve" | "reject" | "resume";
  readonly label: string;
  /** Read after the label by a screen reader: many buttons of a page have the same label. */
  readonly target: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly isMain?: boolean;
}

/** A form of one button: it works without JavaScript. */
export function actionButton(writer: PageWriter, button: ActionButton): Html {
  const fields = Object.entries({ ...button.fields, action: button.action, form_token: writer.formToken });
  return html`<form method="post" action="${writer.root}">
    ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${button.isMain === true ? "main" : "plain"}">
      ${button.label}<span class="sr"> ${button.target}</span>
    </button>
  </form>`;
}
