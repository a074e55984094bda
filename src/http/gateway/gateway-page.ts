import type { Fleet, FleetHost, FleetRecovery } from "./gateway-dependencies.ts";
import { html, type Html } from "../page/html.ts";
import type { PageWriter } from "../page/page-model.ts";
import { recoveryRow } from "../page/page-sections.ts";
import { countOf, formatDuration, timeElement } from "../page/page-time.ts";

/** All that a gateway's page shows; undefined parts while PostgreSQL does not answer. */
export interface GatewayPageModel {
  readonly now: Date;
  readonly version: string;
  readonly telemetryPath: string;
  readonly fleet: Fleet | undefined;
  readonly recoveries: readonly FleetRecovery[] | undefined;
  /** Undefined if the visitor may only look. */
  readonly writer: PageWriter | undefined;
  readonly notice: string | undefined;
}

const pastShown = 50;
const silentSeconds = 60;

/** The fleet on one page: what waits for a person first. */
export function renderGatewayPage(model: GatewayPageModel): string {
  const { writer, notice, fleet, version, telemetryPath } = model;
  const links = [telemetryPath.slice(1), "-/ready", "api/v1/hosts", "api/v1/recoveries"];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>repo-pool-sidecar fleet</title>
        <link rel="icon" href="assets/icon.svg" />
        <link rel="stylesheet" href="assets/page.css" />
        <script src="assets/page.js" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the hosts</a>
        <header>
          <h1>repo-pool-sidecar fleet</h1>
          <p class="quiet">
            ${writer === undefined ? "read only" : html`signed in as <strong>${writer.operator}</strong>`}
          </p>
        </header>
        <main id="main" data-refresh="${notice === undefined ? "on" : "off"}">
          ${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
          ${
            fleet === undefined
              ? html`<p class="error">PostgreSQL does not answer. The hosts go on by themselves.</p>`
              : html`${problemSection(fleet)} ${hostSection(fleet, model.now)}`
          }
          ${recoverySection(model)}
        </main>
        <footer>
          <nav aria-label="For machines">${links.map((link) => html`<a href="${link}">/${link}</a> `)}</nav>
          <span class="quiet">version ${version}</span>
        </footer>
      </body>
    </html>`.markup;
}

function problemSection({ sharedPools, sharedInstances }: Fleet): Html | false {
  if (sharedPools.length + sharedInstances.length === 0) return false;
  return html`<section aria-labelledby="problems">
    <h2 id="problems">Problems</h2>
    <ul class="rows">
      ${sharedInstances.map((name) => html`<li><strong>shared_instance</strong> ${name} <span class="quiet">several hosts have registered it: its alerts reach none</span></li>`)}
      ${sharedPools.map((name) => html`<li><strong>shared_pool</strong> ${name} <span class="quiet">several hosts have it: only alerts with a registered instance reach one</span></li>`)}
    </ul>
  </section>`;
}

function hostSection({ hosts }: Fleet, now: Date): Html {
  return html`<section aria-labelledby="hosts">
    <h2 id="hosts">Hosts <span class="count">${hosts.length}</span></h2>
    ${hosts.length === 0 && html`<p class="quiet">No host has registered yet.</p>`}
    <ul class="rows">
      ${hosts.map((host) => html`<li>${describeHost(host, now)}</li>`)}
    </ul>
  </section>`;
}

function describeHost(host: FleetHost, now: Date): Html {
  const { sidecar, instance, pools, queueDepth, oldestQueuedAt, deadLetterCount, heartbeatAgeSeconds } = host;
  const isSilent = heartbeatAgeSeconds > silentSeconds;
  return html`<strong>${sidecar}</strong> ${instance}
    ${isSilent && html`<span class="badge failed">silent for ${formatDuration(heartbeatAgeSeconds)}</span>`}
    <span class="quiet">
      ${countOf(pools.length, "pool")}, ${queueDepth} waiting
      ${oldestQueuedAt && html`, the oldest since ${timeElement(oldestQueuedAt, now)}`}
      ${deadLetterCount > 0 && html`, ${countOf(deadLetterCount, "dead letter")}`}, version ${host.version}
    </span>`;
}

function recoverySection({ recoveries = [], writer, now }: GatewayPageModel): Html {
  const open = recoveries.filter(({ finishedAt }) => finishedAt === undefined);
  const past = recoveries.filter((recovery) => !open.includes(recovery)).slice(0, pastShown);
  return html`<section aria-labelledby="recoveries">
    <h2 id="recoveries">Recoveries</h2>
    ${recoveries.length === 0 && html`<p class="quiet">None yet.</p>`}
    <ul class="rows">
      ${[...open, ...past].map((recovery) => recoveryRow(recovery, { writer, now }, `${recovery.sidecar}:`))}
    </ul>
  </section>`;
}
