import { html, type Html } from "./html.ts";
import type { PageModel } from "./page-model.ts";
import {
  anomalySection,
  pauseSection,
  poolSection,
  previewSection,
  recoverySection,
  salvageSection,
} from "./page-sections.ts";
import { timeElement } from "./page-time.ts";

/** The whole page. Links are relative, so that it works below a path of a reverse proxy. */
export function renderPage(model: PageModel): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title(model)}</title>
        <link rel="icon" href="assets/icon.svg" />
        <link rel="stylesheet" href="assets/page.css" />
        <script src="assets/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the pools</a>
        ${header(model)}
        <main
          id="main"
          data-refresh="${model.preview === undefined && model.notice === undefined ? "on" : "off"}"
        >
          ${model.notice !== undefined && html`<p class="notice" role="status">${model.notice}</p>`}
          ${previewSection(model)} ${anomalySection(model)} ${pools(model)} ${pauseSection(model)}
          ${recoverySection(model)} ${salvageSection(model)}
        </main>
        ${footer(model)}
      </body>
    </html>`;
  return page.markup;
}

function title({ snapshot }: PageModel): string {
  const { longAllocatedSlots = [], corruptedSlots = [], orphanedLocks = [] } = snapshot?.anomalies ?? {};
  const count = longAllocatedSlots.length + corruptedSlots.length + orphanedLocks.length;
  return count === 0 ? "repo-pool-sidecar" : `(${count}) repo-pool-sidecar`;
}

function header(model: PageModel): Html {
  const { snapshot, writer, now, recoveryMode } = model;
  return html`<header>
    <h1>repo-pool-sidecar</h1>
    <p class="quiet">
      ${snapshot === undefined ? "The first collection has not ended." : html`Collected ${timeElement(snapshot.checkedAt, now)}`}
      · unattended recovery: <strong>${recoveryMode.replaceAll("_", " ")}</strong>
      · ${writer === undefined ? "read only" : html`signed in as <strong>${writer.operator}</strong>`}
    </p>
  </header>`;
}

function pools(model: PageModel): Html {
  const found = model.snapshot?.pools ?? [];
  return html`<section aria-labelledby="pools">
    <h2 id="pools">Pools <span class="count">${found.length}</span></h2>
    ${found.length === 0 && html`<p class="quiet">No pool has been found.</p>`}
    ${found.map((pool) => poolSection(pool, model))}
  </section>`;
}

function footer(model: PageModel): Html {
  const links = [
    model.telemetryPath.slice(1),
    "-/healthy",
    "-/ready",
    "api/v1/status",
    "api/v1/anomalies",
    "api/v1/openapi.json",
  ];
  return html`<footer>
    <nav aria-label="For machines">${links.map((link) => html`<a href="${link}">/${link}</a> `)}</nav>
    <span class="quiet">version ${model.version}</span>
  </footer>`;
}
