import { z } from "zod";
import type { Pause } from "../../recovery/guards/pauses.ts";
import { parseRequest } from "../request-body.ts";
import { pause as pauseRequest, toPause } from "../routes/requests.ts";
import { html, type Html } from "./html.ts";
import type { PageVisitor } from "./page-visitor.ts";

/** How long a pause of the page lasts; the empty one until somebody resumes. */
const durations = [
  { value: "3600", label: "1 hour" },
  { value: "14400", label: "4 hours" },
  { value: "86400", label: "1 day" },
  { value: "604800", label: "1 week" },
  { value: "", label: "until resumed" },
] as const;

/** Fields with labels alone: it works without JavaScript, and with the keyboard. */
export function pauseForm({ writer }: PageVisitor, covers: readonly Cover[]): Html | false {
  if (writer === undefined) return false;
  return html`<details id="new-pause">
    <summary>Pause recovery</summary>
    <form method="post" action="${writer.root}" class="fields">
      <input type="hidden" name="action" value="pause" />
      <input type="hidden" name="form_token" value="${writer.formToken}" />
      <label>Name <input name="pause" required maxlength="500" autocomplete="off" /></label>
      <label>Reason <input name="reason" required maxlength="500" autocomplete="off" /></label>
      <label
        >What
        <select name="covers">
          ${covers.map(({ value, label }) => html`<option value="${value}">${label}</option>`)}
        </select></label
      >
      <label>
        For
        <select name="seconds">
          ${durations.map(({ value, label }) => html`<option value="${value}">${label}</option>`)}
        </select>
      </label>
      <button class="main">Pause</button>
    </form>
  </details>`;
}

/** What a pause can be for. */
interface Cover {
  readonly value: string;
  readonly label: string;
}

export const everything: Cover = { value: "", label: "everything" };

export function poolCover(repoName: string): Cover {
  return { value: `pool:${repoName}`, label: `the pool ${repoName}` };
}

export function slotCover(slotId: string): Cover {
  return { value: `slot:${slotId}`, label: slotId };
}

/** As a browser sends them; what they say is held to the rules of the API. */
export const pauseFields = z.object({
  pause: z.string().optional(),
  reason: z.string().optional(),
  covers: z.string().default(""),
  seconds: z.string().optional(),
});

/** @throws RequestRefusal 400 */
export function readPauseForm(
  { pause: name, reason, covers, seconds }: z.output<typeof pauseFields>,
  { operator, now }: { operator: string; now: Date },
): Pause {
  const [kind, covered] = splitAtColon(covers);
  const duration = durations.find(({ value }) => value !== "" && value === seconds);
  const body = {
    name,
    reason,
    ...(kind === "pool" ? { pool: covered } : {}),
    ...(kind === "slot" ? { slot_id: covered } : {}),
    ...(duration === undefined
      ? {}
      : { expires_at: new Date(now.getTime() + Number(duration.value) * 1000).toISOString() }),
  };
  return toPause(parseRequest(pauseRequest, body), operator, now);
}

function splitAtColon(text: string): readonly [before: string, after: string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}
