import { planMeaning } from "../../views/plan-lines.ts";
import type { Anomaly } from "../../anomalies/anomaly.ts";
import type { PoolSnapshot } from "../../anomalies/snapshot.ts";
import type { Recovery } from "../../views/recovery.ts";
import { html, type Html } from "./html.ts";
import { actionButton } from "./page-forms.ts";
import { pauseForm } from "./pause-form.ts";
import type { PageModel } from "./page-model.ts";
import { formatBytes, timeElement, formatDuration } from "./page-time.ts";
import { slotCard } from "./slot-card.ts";

const pastShown = 20;

/** A fleet knows more ends of a recovery than a host. */
type ShownRecovery = Omit<Recovery, "status"> & { readonly status: string };

export function anomalySection({ snapshot }: PageModel): Html {
  const { longAllocatedSlots = [], corruptedSlots = [], orphanedLocks = [] } = snapshot?.anomalies ?? {};
  const anomalies = [...corruptedSlots, ...longAllocatedSlots, ...orphanedLocks];
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
      ${anomalies.map((anomaly) => html`<li>${describeAnomaly(anomaly)}</li>`)}
      ${problems.map(({ where, code, detail }) => html`<li><strong>${code}</strong> ${where} <span class="quiet">${detail}</span></li>`)}
    </ul>
  </section>`;
}

function describeAnomaly(anomaly: Anomaly): Html {
  switch (anomaly.kind) {
    case "corrupted_slot":
      return html`<strong>Corrupted slot</strong> ${anomaly.slotId} <code>${anomaly.reasons.join(", ")}</code>
        <span class="quiet">${anomaly.detail}</span>`;
    case "long_allocated_slot":
      return html`<strong>Long allocated</strong> ${anomaly.slotId} <code>${anomaly.reason}</code>
        <span class="quiet">${anomaly.allocatedHours.toFixed(1)} h, activity ${anomaly.activity}</span>`;
    case "orphaned_lock":
      return html`<strong>Orphaned lock</strong> ${anomaly.slotId} <code>${anomaly.reason}</code>
        <span class="quiet">${anomaly.path}, ${anomaly.ageHours.toFixed(1)} h old</span>`;
  }
}

export function poolSection(pool: PoolSnapshot, model: PageModel): Html {
  const states = Object.entries(pool.states).filter(([, count]) => count > 0);
  const facts = [
    ...states.map(([state, count]) => `${count} ${state}`),
    `layout ${pool.layout}`,
    pool.repoUrl ?? "no URL",
  ];
  return html`<section class="pool" aria-label="Pool ${pool.repoName}">
    <h3>${pool.repoName}</h3>
    <p class="quiet">
      ${facts.join(" · ")}${!pool.isUp && html` · <strong>could not be read whole</strong>`}
    </p>
    <ul class="slots">
      ${pool.slots.map((slot) => slotCard(slot, model))}
    </ul>
  </section>`;
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

/** `where` stands before what is recovered. */
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
        ${where} ${recovery.slotId ?? "all pools"}
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
    ${pauseForm(model)}
  </section>`;
}

export function salvageSection({ salvages, now }: PageModel): Html {
  return html`<section aria-labelledby="salvages">
    <h2 id="salvages">Saved work <span class="count">${salvages.length}</span></h2>
    ${salvages.length === 0 && html`<p class="quiet">Nothing had to be saved.</p>`}
    <ul class="rows">
      ${salvages.map(
        (salvage) =>
          html`<li>
            <strong>${salvage.slotId}</strong>
            <span class="quiet">
              ${salvage.reason}, ${formatBytes(salvage.bytes)}, ${timeElement(salvage.createdAt, now)},
              ${salvage.complete ? "complete" : "incomplete"}
            </span>
            <pre tabindex="0">${salvage.restoreCommand}</pre>
          </li>`,
      )}
    </ul>
  </section>`;
}
