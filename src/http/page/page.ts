import { renderDocument } from "./document.ts";
import { html, type Html } from "./html.ts";
import type { PageFacts, PageModel } from "./page-model.ts";
import {
  anomalySection,
  pauseSection,
  previewSection,
  recoverySection,
  salvageSection,
} from "./page-sections.ts";
import { timeElement } from "./page-time.ts";
import { describeVisitor } from "./page-visitor.ts";
import { poolSection, slotSection } from "./slot-list.ts";

/** The whole page. */
export function renderPage(model: PageModel): string {
  const { preview, notice, telemetryPath, version } = model;
  return renderDocument({
    root: "./",
    title: title(model),
    header: { heading: "repo-pool-sidecar", facts: pageFacts(model) },
    main: html`${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
    ${previewSection(model)} ${anomalySection(model)} ${poolSection(model)} ${slotSection(model)}
    ${pauseSection(model)} ${recoverySection(model)} ${salvageSection(model)}`,
    isLive: preview === undefined && notice === undefined,
    links: [
      telemetryPath.slice(1),
      "-/healthy",
      "-/ready",
      "api/v1/status",
      "api/v1/anomalies",
      "api/v1/openapi.json",
    ],
    version,
  });
}

function title({ snapshot }: PageModel): string {
  const { longAllocatedSlots = [], corruptedSlots = [], orphanedLocks = [] } = snapshot?.anomalies ?? {};
  const count = longAllocatedSlots.length + corruptedSlots.length + orphanedLocks.length;
  return count === 0 ? "repo-pool-sidecar" : `(${count}) repo-pool-sidecar`;
}

/** The time of the last collection, the mode of unattended runs, and the visitor. */
export function pageFacts(model: PageFacts): Html {
  const { snapshot, now, recoveryMode } = model;
  const collected = snapshot && html`Collected ${timeElement(snapshot.checkedAt, now)}`;
  return html`${collected ?? "The first collection has not ended."} · unattended recovery:
    <strong>${recoveryMode.replaceAll("_", " ")}</strong> · ${describeVisitor(model)}`;
}
