import { formatBytes, formatDuration } from "../../platform/readable-units.ts";
import { countOf } from "../../platform/count-of.ts";
import type { SlotSnapshot } from "../../anomalies/snapshot.ts";
import { stateOrUse, useOf } from "../../views/slot-use.ts";
import type { Root } from "./document.ts";
import { html, type Html } from "./html.ts";
import type { PageModel } from "./page-model.ts";
import type { PageVisitor } from "./page-visitor.ts";
import { actionButton } from "./page-forms.ts";
import { timeElement } from "./page-time.ts";
import type { ListedSlot, SlotStatus } from "./slot-query.ts";

/** Never by colour alone: each status has its sign and its word. */
const signs: Readonly<Record<SlotStatus, string>> = {
  corrupted: "✕",
  "long allocated": "!",
  isolated: "⊘",
  allocated: "●",
  cleaning: "↻",
  available: "✓",
};

export function slotCard({ slot, status }: ListedSlot, model: PageModel): Html {
  return html`<li class="slot ${status.replace(" ", "-")}" id="${slot.slotId}">
    <div class="slot-head">
      <h3>${slotLink(slot.slotId, "./")}</h3>
      <span class="status"
        ><span aria-hidden="true">${signs[status]}</span> ${statusWord({ slot, status })}</span
      >
    </div>
    ${slotFacts(slot, model.now)}
    ${
      slot.reasons.length > 0 &&
      html`<details id="evidence-${slot.slotId}">
        <summary>${slot.reasons.join(", ")}<span class="sr"> in ${slot.slotId}: evidence</span></summary>
        ${evidenceList(slot, "./")}
      </details>`
    }
    ${previewButton({ slot, status }, model)}
  </li>`;
}

/** A slot of a source is in use, or not. A fault comes first. */
function statusWord({ slot, status }: ListedSlot): string {
  const isOfUse = status === "available" || status === "allocated";
  return slot.owner !== undefined && isOfUse ? useOf(slot) : status;
}

export function slotLink(slotId: string, root: Root): Html {
  return html`<a href="${root}slots/${encodeURIComponent(slotId)}">${slotId}</a>`;
}

export function reasonLink(reason: string, root: Root): Html {
  return html`<a href="${root}reasons#${reason}"><code>${reason}</code></a>`;
}

export function slotFacts(slot: SlotSnapshot, now: Date): Html {
  return html`<dl>
    ${fact("Branch", slot.branch)} ${fact("Commit", slot.commit?.slice(0, 12))}
    ${fact("State", stateOrUse(slot))}
    ${slot.allocatedAt && fact("Allocated", timeElement(slot.allocatedAt, now))}
    ${slot.owner && fact("Owner", `${slot.owner.evidence}: ${slot.owner.detail}`)}
    ${slot.activity && fact("Activity", activity(slot, now))}
    ${processes(slot) && fact("Processes", processes(slot))} ${fact("Unsaved work", unsavedWork(slot, now))}
    ${fact("Slot lock", lockText(slot))}
    ${slot.isolationReason !== undefined && fact("Isolated because", slot.isolationReason)}
    ${fact("Size", slot.diskBytes === undefined ? undefined : formatBytes(slot.diskBytes))}
    ${fact("Last check", timeElement(slot.probedAt, now))}
    ${slot.owner === undefined && fact("Used", `${countOf(slot.allocationCount, "time")}, ${formatDuration(slot.totalUsageSeconds)}`)}
  </dl>`;
}

function fact(name: string, value: Html | string | undefined): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value ?? "unknown"}</dd>
  </div>`;
}

function activity(slot: SlotSnapshot, now: Date): Html {
  return html`${slot.activity}${slot.lastActivityAt && html`, ${timeElement(slot.lastActivityAt, now)}`}`;
}

/** Who keeps an allocation alive. Undefined if nobody is inside, or nobody can be seen. */
function processes(slot: SlotSnapshot): string | undefined {
  const told = (slot.processes ?? []).map(({ pid, command, role, ageSeconds, parent }) => {
    const age = ageSeconds === undefined ? "" : `, ${formatDuration(ageSeconds)} old`;
    const from = parent === undefined ? "" : `, started by ${parent.command} (${parent.pid})`;
    return `${command} (${pid})${age}${from}${role === "work" ? "" : `: ${role} of git`}`;
  });
  return told.length === 0 ? undefined : told.join("; ");
}

function unsavedWork({ unsavedWork, unsavedWorkSeenAt: seenAt }: SlotSnapshot, now: Date): Html | string {
  if (unsavedWork === undefined) return "not looked at";
  const kinds = unsavedWork.length === 0 ? "none" : unsavedWork.join(", ");
  return seenAt === undefined ? kinds : html`${kinds}, looked at ${timeElement(seenAt, now)}`;
}

function lockText({ lock }: SlotSnapshot): string {
  if (lock.kind !== "held") return lock.kind;
  return `held by ${lock.holders.map(({ pid, command }) => `${command} (${pid})`).join(", ") || "somebody"}`;
}

export function evidenceList({ evidence }: SlotSnapshot, root: Root): Html {
  return html`<ul class="evidence">
    ${evidence.map(
      ({ code, path, expected, found, depth }) =>
        html`<li>
          ${reasonLink(code, root)} <code>${path}</code><br />expected ${expected}, found
          <code>${found}</code> <small>(${depth})</small>
        </li>`,
    )}
  </ul>`;
}

const recoverableStatuses: readonly SlotStatus[] = ["corrupted", "long allocated", "isolated"];

export function previewButton({ slot, status }: ListedSlot, { writer }: PageVisitor): Html | false {
  if (writer === undefined || !recoverableStatuses.includes(status)) return false;
  return actionButton(writer, {
    action: "preview",
    label: "Preview recovery",
    target: `of ${slot.slotId}`,
    fields: { slot: slot.slotId },
  });
}
