import type { Recovery } from "../../views/recovery.ts";
import { renderDocument, type Root } from "./document.ts";
import { html, type Html } from "./html.ts";
import type { PageFacts } from "./page-model.ts";
import { describeAnomaly, listAnomalies, recoveryRow, salvageRow } from "./page-sections.ts";
import { pageFacts } from "./page.ts";
import { pauseForm, poolCover, slotCover } from "./pause-form.ts";
import { evidenceList, previewButton, slotFacts } from "./slot-card.ts";
import { statusesIn, type ListedSlot } from "./slot-query.ts";

/** All that the page of one slot shows. */
export interface SlotPageModel extends PageFacts {
  readonly slotId: string;
  /** As a shell of any directory takes them. */
  readonly commands: readonly SlotCommand[];
}

export interface SlotCommand {
  readonly does: string;
  readonly command: string;
}

const root: Root = "../";

/** Undefined if nothing is known of such a slot. A slot that is gone still has its past and its saved work. */
export function renderSlotPage(model: SlotPageModel): string | undefined {
  const { slotId, snapshot, version } = model;
  const slot = snapshot?.pools.flatMap(({ slots }) => slots).find((each) => each.slotId === slotId);
  const listed = slot && { slot, status: statusesIn(snapshot?.anomalies)(slot) };
  const anomalies = listAnomalies(snapshot).filter((anomaly) => anomaly.slotId === slotId);
  const history = model.recoveries.flatMap((recovery) => partOf(recovery, slotId));
  const salvages = model.salvages.filter((salvage) => salvage.slotId === slotId);
  if (listed === undefined && anomalies.length + history.length + salvages.length === 0) return undefined;
  return renderDocument({
    root,
    title: slotId,
    header: { heading: html`<a href="${root}">repo-pool-sidecar</a> · ${slotId}`, facts: pageFacts(model) },
    main: html`<ul class="rows">
        ${anomalies.map((anomaly) => html`<li>${describeAnomaly(anomaly, root)}</li>`)}
      </ul>
      ${listed === undefined ? html`<p class="notice">No pool has such a slot now.</p>` : nowSection(listed, model)}
      ${rowSection(
        "History",
        "None of the newest runs was about it.",
        history.map((recovery) => recoveryRow(recovery, model)),
      )}
      ${rowSection(
        "Saved work",
        "Nothing had to be saved.",
        salvages.reverse().map((salvage) => salvageRow(salvage, model.now, root)),
      )}
      ${rowSection(
        "Commands",
        "",
        model.commands.map(
          ({ does, command }) =>
            html`<li>
              ${does}
              <pre tabindex="0">${command}</pre>
            </li>`,
        ),
      )}`,
    isLive: true,
    version,
  });
}

/** A recovery as far as it is about the slot. */
function partOf(recovery: Recovery, slotId: string): Recovery[] {
  const actions = recovery.actions.filter((action) => action.slotId === slotId);
  return recovery.slotId === slotId || actions.length > 0 ? [{ ...recovery, actions }] : [];
}

function nowSection(listed: ListedSlot, model: SlotPageModel): Html {
  const { slot, status } = listed;
  return html`<section aria-labelledby="now">
    <h2 id="now">Now: ${status}</h2>
    <div class="slot ${status.replace(" ", "-")}">
      <p><code>${slot.path}</code></p>
      ${slotFacts(slot, model.now)}
      ${
        slot.evidence.length > 0 &&
        html`<h3>Evidence</h3>
          ${evidenceList(slot, root)}`
      }
      ${previewButton(listed, model)} ${pauseForm(model, [slotCover(slot.slotId), poolCover(slot.repoName)])}
    </div>
  </section>`;
}

function rowSection(heading: string, whenEmpty: string, rows: readonly Html[]): Html {
  const id = heading.toLowerCase().replace(" ", "-");
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${heading} <span class="count">${rows.length}</span></h2>
    ${rows.length === 0 && html`<p class="quiet">${whenEmpty}</p>`}
    <ul class="rows">
      ${rows}
    </ul>
  </section>`;
}
