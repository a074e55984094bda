import { formatBytes, formatDuration } from "../../platform/readable-units.ts";
import { planMeaning } from "../../views/plan-lines.ts";
import type { Anomaly } from "../../anomalies/anomaly.ts";
import type { Snapshot } from "../../anomalies/snapshot.ts";
import type { Salvage } from "../../views/salvage.ts";
import type { Recovery } from "../../views/recovery.ts";
import type { Root } from "./document.ts";
import { html, type Html } from "./html.ts";
import { actionButton } from "./page-forms.ts";
import { everything, pauseForm, poolCover } from "./pause-form.ts";
import type { PageModel } from "./page-model.ts";
import { timeElement } from "./page-time.ts";
import { reasonLink, slotLink } from "./slot-card.ts";

const pastShown = 20;
const mostRows = 50;

/** A fleet knows more ends of a recovery than a host. */
type ShownRecovery = Omit<Recovery, "status"> & { readonly status: string };

/** The corrupted first, with what people read next: the slot, the meaning of the reason, the runbook. */
export function anomalySection({ snapshot }: PageModel): Html {
  const anomalies = listAnomalies(snapshot);
  const problems = [
    ...(snapshot?.pools ?? []).flatMap(({ repoName, problems }) =>
      problems.map((problem) => ({ where: problem.slotId ?? repoName, ...problem })),
    ),
    ...(snapshot?.problems ?? []).map((problem) => ({ where: "this host", ...problem })),
    ...(snapshot?.errors ?? []).map((error) => ({ where: error.slotId ?? error.path ?? "", ...error })),
  ];
  return html`<section aria-labelledby="anomalies">
    <h2 id="anomalies">Open anomalies <span class="count">${anomalies.length}</span></h2>
    ${anomalies.length === 0 && html`<p class="quiet">None.</p>`}
    <ul class="rows">
      ${anomalies.slice(0, mostRows).map((anomaly) => html`<li>${describeAnomaly(anomaly, "./")}</li>`)}
      ${problems.slice(0, mostRows).map(({ where, code, detail }) => html`<li><strong>${code}</strong> ${where} <span class="quiet">${detail}</span></li>`)}
    </ul>
    ${notShown(Math.max(0, anomalies.length - mostRows) + Math.max(0, problems.length - mostRows), "check")}
  </section>`;
}

/** A list that is cut says so, with the command that prints all of it. */
function notShown(count: number, command: string): Html | false {
  if (count <= 0) return false;
  return html`<p class="quiet">${count} more: <code>repo-pool-sidecar ${command}</code> prints all.</p>`;
}

export function listAnomalies(snapshot: Snapshot | undefined): Anomaly[] {
  const { longAllocatedSlots = [], corruptedSlots = [], orphanedLocks = [] } = snapshot?.anomalies ?? {};
  return [...corruptedSlots, ...longAllocatedSlots, ...orphanedLocks];
}

export function describeAnomaly(anomaly: Anomaly, root: Root): Html {
  const slot = slotLink(anomaly.slotId, root);
  switch (anomaly.kind) {
    case "corrupted_slot":
      return html`<strong>Corrupted slot</strong> ${slot}
        ${anomaly.reasons.map((reason) => html`${reasonLink(reason, root)} `)}
        <span class="quiet">${anomaly.detail}</span> ${runbookLink("RepoPoolSlotCorrupted", anomaly, root)}`;
    case "long_allocated_slot":
      return html`<strong>Long allocated</strong> ${slot} <code>${anomaly.reason}</code>
        <span class="quiet">${anomaly.allocatedHours.toFixed(1)} h, activity ${anomaly.activity}</span>
        ${runbookLink("RepoPoolSlotLongAllocated", anomaly, root)}`;
    case "orphaned_lock":
      return html`<strong>Orphaned lock</strong> ${slot} <code>${anomaly.reason}</code>
        <span class="quiet"
          >${anomaly.path}, ${anomaly.ageHours.toFixed(1)} h old, left by user ${anomaly.ownerUid}, held by
          nobody</span
        >
        ${runbookLink("RepoPoolLockOrphaned", anomaly, root)}`;
  }
}

function runbookLink(alert: string, { slotId }: Anomaly, root: Root): Html {
  return html`<a href="${root}runbooks/${alert}">Runbook<span class="sr"> for ${slotId}</span></a>`;
}

export function previewSection({ preview, writer, now }: PageModel): Html | false {
  if (preview === undefined || writer === undefined) return false;
  const slot = preview.slotId ?? "";
  return html`<section class="preview" aria-labelledby="preview">
    <h2 id="preview">Plan for ${slot}</h2>
    <p>
      Nothing has been changed. Recovery inspects the slot again before each step and saves unsaved work
      first.
    </p>
    ${recoveryBody(preview, now)}
    <div class="buttons">
      ${actionButton(writer, { action: "recover", label: "Recover", target: slot, fields: { slot }, isMain: true })}
      <a href="./">Cancel</a>
    </div>
  </section>`;
}

export function recoverySection(model: PageModel): Html {
  const open = model.recoveries.filter(({ status }) =>
    /^(running|queued|waiting_for_approval)$/.test(status),
  );
  const past = model.recoveries.filter((recovery) => !open.includes(recovery)).slice(0, pastShown);
  return html`<section aria-labelledby="recoveries">
    <h2 id="recoveries">Recoveries</h2>
    ${model.recoveries.length === 0 && html`<p class="quiet">None yet.</p>`}
    <ul class="rows">
      ${[...open, ...past].map((recovery) => recoveryRow(recovery, model))}
    </ul>
  </section>`;
}

/** What a run covers that names no slot. */
const coveredBy = { recover: "all pools", reclaim: "slots beyond the limits of their sources" } as const;

/** `where` is printed before the target of the recovery. */
export function recoveryRow(
  recovery: ShownRecovery,
  { writer, now }: Pick<PageModel, "writer" | "now">,
  where = "",
): Html {
  const isWaiting = recovery.status === "waiting_for_approval";
  const fields = { recovery: recovery.recoveryId };
  const target = `recovery ${recovery.recoveryId}`;
  return html`<li>
    <details id="recovery-${recovery.recoveryId}">
      <summary>
        <span class="badge ${recovery.status}">${recovery.status.replaceAll("_", " ")}</span>
        ${where} ${recovery.slotId ?? coveredBy[recovery.task]}
        <span class="quiet">
          ${recovery.dryRun && "dry run, "}by ${recovery.requestedBy} (${recovery.trigger}),
          ${timeElement(recovery.requestedAt, now)}
        </span>
      </summary>
      ${recoveryBody(recovery, now)}
    </details>
    ${
      isWaiting &&
      writer &&
      html`<div class="buttons">
        ${actionButton(writer, { action: "approve", label: "Approve", target, fields, isMain: true })}
        ${actionButton(writer, { action: "reject", label: "Reject", target, fields })}
      </div>`
    }
  </li>`;
}

function recoveryBody(recovery: ShownRecovery, now: Date): Html {
  return html`${recovery.expiresAt && html`<p class="quiet">Expires ${timeElement(recovery.expiresAt, now)}.</p>`}
    ${recovery.actions.length === 0 && html`<p class="quiet">No steps.</p>`}
    ${
      recovery.actions.some(({ purpose }) => purpose === "repair") &&
      html`<p class="quiet">The plan: the steps of a slot are ${planMeaning}.</p>`
    }
    <ol class="steps">
      ${recovery.actions.map(
        (step) =>
          html`<li>
            <span class="badge ${step.outcome}">${step.outcome.replaceAll("_", " ")}</span>
            <code>${step.action}</code> ${step.slotId}
            <span class="quiet">${step.reason}: ${step.detail}</span>
          </li>`,
      )}
    </ol>
    ${recovery.errors.map((error) => html`<p class="error">${error}</p>`)}`;
}

export function pauseSection(model: PageModel): Html | false {
  const { pauses, maintenanceWindows, writer, now } = model;
  const pools = model.snapshot?.pools ?? [];
  if (pauses.length + maintenanceWindows.length === 0 && writer === undefined) return false;
  return html`<section aria-labelledby="pauses">
    <h2 id="pauses">Pauses</h2>
    ${pauses.length === 0 && html`<p class="quiet">None: recovery goes on.</p>`}
    <ul class="rows">
      ${pauses.map(
        (pause) =>
          html`<li>
            <strong>${pause.name}</strong> ${pause.slotId ?? pause.pool ?? "everything"}
            <span class="quiet">
              ${pause.reason} (${pause.operator}), ends
              ${pause.expiresAt === undefined ? "when resumed" : timeElement(pause.expiresAt, now)}
            </span>
            ${writer && actionButton(writer, { action: "resume", label: "Resume", target: pause.name, fields: { pause: pause.name } })}
          </li>`,
      )}
      ${maintenanceWindows.map(
        ({ schedule, durationSeconds, pool, endsAt }) =>
          html`<li>
            <strong>Maintenance window</strong> ${pool ?? "everything"}
            <span class="quiet">
              <code>${schedule}</code> for ${formatDuration(durationSeconds)}:
              ${endsAt === undefined ? "closed now" : html`open, ends ${timeElement(endsAt, now)}; alerts and schedules wait, people do not`}
            </span>
          </li>`,
      )}
    </ul>
    ${pauseForm(model, [everything, ...pools.map(({ repoName }) => poolCover(repoName))])}
  </section>`;
}

/** The newest work. */
export function salvageSection({ salvages, now }: PageModel): Html {
  return html`<section aria-labelledby="salvages">
    <h2 id="salvages">Saved work <span class="count">${salvages.length}</span></h2>
    ${salvages.length === 0 && html`<p class="quiet">Nothing had to be saved.</p>`}
    <ul class="rows">
      ${salvages
        .slice(-mostRows)
        .reverse()
        .map((salvage) => salvageRow(salvage, now, "./"))}
    </ul>
    ${notShown(salvages.length - mostRows, "salvage list")}
  </section>`;
}

export function salvageRow(salvage: Salvage, now: Date, root: Root): Html {
  return html`<li>
    <strong>${slotLink(salvage.slotId, root)}</strong>
    <span class="quiet">
      ${salvage.reason}, ${formatBytes(salvage.bytes)}, ${timeElement(salvage.createdAt, now)},
      ${salvage.complete ? "complete" : "incomplete"}
    </span>
    <pre tabindex="0">${salvage.restoreCommand}</pre>
  </li>`;
}
