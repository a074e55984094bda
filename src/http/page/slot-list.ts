import type { PoolSnapshot } from "../../anomalies/snapshot.ts";
import { countUses } from "../../views/slot-use.ts";
import { html, type Html } from "./html.ts";
import type { PageModel } from "./page-model.ts";
import { countOf } from "../../platform/count-of.ts";
import { slotCard } from "./slot-card.ts";
import {
  selectSlots,
  slotOrders,
  slotQuery,
  slotStatuses,
  type SlotQuery,
  type SlotSelection,
} from "./slot-query.ts";

export function poolSection({ snapshot }: PageModel): Html {
  const pools = snapshot?.pools ?? [];
  return html`<section aria-labelledby="pools">
    <h2 id="pools">Pools <span class="count">${pools.length}</span></h2>
    ${pools.length === 0 && html`<p class="quiet">No pool has been found.</p>`}
    <ul class="rows">
      ${pools.map((pool) => html`<li>${describePool(pool)}</li>`)}
    </ul>
  </section>`;
}

function describePool({ repoName, states, slots, layout, repoUrl, isUp, source }: PoolSnapshot): Html {
  const told = source === undefined ? states : countUses(slots);
  const counts = Object.entries(told).filter(([, count]) => count > 0);
  const facts = [
    ...counts.map(([state, count]) => `${count} ${state}`),
    ...(source === undefined ? [`layout ${layout}`, repoUrl ?? "no URL"] : [`source ${source}`]),
  ];
  return html`<a href="${addressOf({ pool: repoName })}"><strong>${repoName}</strong></a>
    <span class="quiet">${facts.join(" · ")}</span>
    ${!isUp && html`<strong>could not be read whole</strong>`}`;
}

/** The slots that the visitor asked for, a page at a time: a browser draws thousands of cards slowly. */
export function slotSection(model: PageModel): Html {
  const selection = selectSlots(model.snapshot, model.query);
  const { matchCount, totalCount, shown } = selection;
  const isWhole = matchCount === totalCount;
  return html`<section aria-labelledby="slots">
    <h2 id="slots">
      Slots
      <span class="count">${isWhole ? totalCount : `${matchCount} of ${countOf(totalCount, "slot")}`}</span>
    </h2>
    ${totalCount > 1 && filterForm(model)}
    ${matchCount === 0 && totalCount > 0 && html`<p class="quiet">No slot matches.</p>`}
    <ul class="slots">
      ${shown.map((listed) => slotCard(listed, model))}
    </ul>
    ${pageLinks(selection, model.query)}
  </section>`;
}

/** The address carries what was chosen, so that it can be kept and sent; it works without JavaScript. */
function filterForm({ query, snapshot }: PageModel): Html {
  const pools = (snapshot?.pools ?? []).map(({ repoName }) => repoName);
  return html`<form method="get" action="./#slots" role="search" class="fields">
    <label
      >Search <input type="search" name="q" value="${query.q}" maxlength="200" autocomplete="off"
    /></label>
    ${pools.length > 1 && choice("Pool", "pool", [["", "all"], ...pools.map(twice)], query.pool)}
    ${choice("Status", "status", [["", "any"], ...slotStatuses.map(twice)], query.status)}
    ${choice("Sort by", "sort", slotOrders.map(twice), query.sort)}
    <button>Show</button>
    ${addressOf(query) !== addressOf({}) && html`<a href="./#slots">All slots</a>`}
  </form>`;
}

type Option = readonly [value: string, label: string];

function twice(value: string): Option {
  return [value, value];
}

function choice(label: string, name: string, options: readonly Option[], chosen: string): Html {
  return html`<label>
    ${label}
    <select name="${name}">
      ${options.map(([value, text]) =>
        value === chosen
          ? html`<option value="${value}" selected>${text}</option>`
          : html`<option value="${value}">${text}</option>`,
      )}
    </select>
  </label>`;
}

function pageLinks({ page, pageCount }: SlotSelection, query: SlotQuery): Html | false {
  if (pageCount === 1) return false;
  return html`<nav aria-label="Pages of the list" class="pages">
    ${page > 1 && html`<a rel="prev" href="${addressOf({ ...query, page: page - 1 })}">Previous</a>`}
    <span>page ${page} of ${pageCount}</span>
    ${page < pageCount && html`<a rel="next" href="${addressOf({ ...query, page: page + 1 })}">Next</a>`}
  </nav>`;
}

const usualQuery: SlotQuery = slotQuery.parse({});

/** Below the root; what is usual is left out. */
function addressOf(wanted: Partial<SlotQuery>): string {
  const address = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted))
    if (value !== usualQuery[name as keyof SlotQuery]) address.set(name, String(value));
  return address.size === 0 ? "./#slots" : `./?${address.toString()}#slots`;
}
