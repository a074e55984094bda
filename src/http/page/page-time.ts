import { secondsBetween } from "../../platform/clock.ts";
import { formatDuration } from "../../platform/readable-units.ts";
import { html, type Html } from "./html.ts";

/** An instant as its distance from now, with the exact time for machines and on hover. */
export function timeElement(instant: Date, now: Date): Html {
  const seconds = secondsBetween(instant, now);
  const text = seconds >= 0 ? `${formatDuration(seconds)} ago` : `in ${formatDuration(-seconds)}`;
  return html`<time datetime="${instant.toISOString()}" title="${instant.toISOString()}">${text}</time>`;
}
