import { countOf } from "../../platform/count-of.ts";
import type { Fleet, FleetHost, FleetRecovery } from "./gateway-dependencies.ts";
import { renderDocument } from "../page/document.ts";
import { html, type Html } from "../page/html.ts";
import { describeVisitor, type PageVisitor } from "../page/page-visitor.ts";
import { recoveryRow } from "../page/page-sections.ts";
import { formatDuration } from "../../platform/readable-units.ts";
import { timeElement } from "../page/page-time.ts";

/** All that a gateway's page shows; undefined parts while PostgreSQL does not answer. */
export interface GatewayPageModel extends PageVisitor {
  readonly now: Date;
  readonly version: string;
  readonly telemetryPath: string;
  readonly fleet: Fleet | undefined;
  readonly recoveries: readonly FleetRecovery[] | undefined;
  readonly notice: string | undefined;
}

const pastShown = 50;
const silentSeconds = 60;

/** The fleet on one page: what waits for a person first. */
export function renderGatewayPage(model: GatewayPageModel): string {
  const { notice, fleet, version, telemetryPath } = model;
  return renderDocument({
    root: "./",
    title: "repo-pool-sidecar fleet",
    header: { heading: "repo-pool-sidecar fleet", facts: describeVisitor(model) },
    main: html`${notice !== undefined && html`<p class="notice" role="status">${notice}</p>`}
    ${
      fleet === undefined
        ? html`<p class="error">PostgreSQL does not answer. The hosts go on by themselves.</p>`
        : html`${problemSection(fleet)} ${hostSection(fleet, model.now)}`
    }
    ${recoverySection(model)}`,
    isLive: notice === undefined,
    links: [telemetryPath.slice(1), "-/ready", "api/v1/hosts", "api/v1/recoveries"],
    version,
  });
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
