import type { Anomalies } from "../../anomalies/anomaly.ts";
import type { SlotSnapshot } from "../../anomalies/snapshot.ts";
import { html, type Html } from "./html.ts";
import type { PageModel } from "./page-model.ts";
import { actionButton } from "./page-forms.ts";
import { countOf, formatBytes, formatDuration, timeElement } from "./page-time.ts";

type SlotStatus = "faulty" | "overdue" | "isolated" | "allocated" | "cleaning" | "available";

/** Never by colour alone: each status has its sign and its word. */
const statuses: Readonly<Record<SlotStatus, { sign: string; word: string }>> = {
  faulty: { sign: "✕", word: "corrupted" },
  overdue: { sign: "!", word: "long allocated" },
  isolated: { sign: "⊘", word: "isolated" },
  allocated: { sign: "●", word: "allocated" },
  cleaning: { sign: "↻", word: "cleaning" },
  available: { sign: "✓", word: "available" },
};

export function slotCard(slot: SlotSnapshot, model: PageModel): Html {
  const status = statusOf(slot, model.snapshot?.anomalies);
  const { sign, word } = statuses[status];
  return html`<li class="slot ${status}" id="${slot.slotId}">
    <div class="slot-head">
      <h4>${slot.slotId}</h4>
      <span class="status"><span aria-hidden="true">${sign}</span> ${word}</span>
    </div>
    <dl>
      ${fact("Branch", slot.branch)} ${fact("Commit", slot.commit?.slice(0, 12))}
      ${fact("State", slot.state ?? "unreadable")}
      ${slot.allocatedAt && fact("Allocated", timeElement(slot.allocatedAt, model.now))}
      ${slot.activity && fact("Activity", activity(slot, model.now))}
      ${processes(slot) && fact("Processes", processes(slot))} ${fact("Unsaved work", unsavedWork(slot))}
      ${fact("Slot lock", lockText(slot))}
      ${slot.isolationReason !== undefined && fact("Isolated because", slot.isolationReason)}
      ${fact("Size", slot.diskBytes === undefined ? undefined : formatBytes(slot.diskBytes))}
      ${fact("Last check", timeElement(slot.probedAt, model.now))}
      ${fact("Used", `${countOf(slot.allocationCount, "time")}, ${formatDuration(slot.totalUsageSeconds)}`)}
    </dl>
    ${evidence(slot)} ${buttons(slot, model)}
  </li>`;
}

function statusOf(slot: SlotSnapshot, anomalies: Anomalies | undefined): SlotStatus {
  if (slot.isolatedAt !== undefined) return "isolated";
  if (slot.reasons.length > 0 || slot.state === undefined || slot.state === "error") return "faulty";
  if (anomalies?.longAllocatedSlots.some(({ slotId }) => slotId === slot.slotId)) return "overdue";
  return slot.state;
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

function unsavedWork({ unsavedWork }: SlotSnapshot): string {
  if (unsavedWork === undefined) return "not looked at";
  return unsavedWork.length === 0 ? "none" : unsavedWork.join(", ");
}

function lockText({ lock }: SlotSnapshot): string {
  if (lock.kind !== "held") return lock.kind;
  return `held by ${lock.holders.map(({ pid, command }) => `${command} (${pid})`).join(", ") || "somebody"}`;
}

function evidence(slot: SlotSnapshot): Html | false {
  if (slot.reasons.length === 0) return false;
  return html`<details id="evidence-${slot.slotId}">
    <summary>${slot.reasons.join(", ")}<span class="sr"> in ${slot.slotId}: evidence</span></summary>
    <ul class="evidence">
      ${slot.evidence.map(
        (finding) =>
          html`<li>
            <strong>${finding.code}</strong> <code>${finding.path}</code><br />expected ${finding.expected},
            found <code>${finding.found}</code> <small>(${finding.depth})</small>
          </li>`,
      )}
    </ul>
  </details>`;
}

function buttons(slot: SlotSnapshot, model: PageModel): Html | false {
  if (model.writer === undefined) return false;
  const status = statusOf(slot, model.snapshot?.anomalies);
  if (status !== "faulty" && status !== "overdue" && status !== "isolated") return false;
  const target = `of ${slot.slotId}`;
  return actionButton(model.writer, {
    action: "preview",
    label: "Preview recovery",
    target,
    fields: { slot: slot.slotId },
  });
}
