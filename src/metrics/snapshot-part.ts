import type { Snapshot } from "../anomalies/snapshot.ts";
import { snapshotMetrics } from "./catalogue.ts";
import { renderHeader } from "./exposition-lines.ts";
import { RenderedPart, renderPart } from "./rendered-part.ts";
import { noSlotTotals, updateSlotTotals } from "./slot-totals.ts";
import { sampleSnapshot, type SamplingOptions } from "./snapshot-samples.ts";

const metrics = Object.values(snapshotMetrics);

/** Before the first collection: every HELP and TYPE, and no series. */
const emptyPart = new RenderedPart({
  text: Buffer.from(metrics.map((metric) => renderHeader(metric, "text")).join("")),
  openmetrics: Buffer.from(metrics.map((metric) => renderHeader(metric, "openmetrics")).join("")),
});

type SeriesLimits = Pick<SamplingOptions, "perSlot" | "maxSlotSeries">;

/** The last snapshot as rendered: scrapes see the one before until the next is whole. */
export class SnapshotPart {
  readonly #series: SeriesLimits;
  #totals = noSlotTotals;
  #current = emptyPart;
  #rendering: Promise<void> | undefined;
  #next: Snapshot | undefined;

  constructor({ perSlot, maxSlotSeries }: SeriesLimits) {
    this.#series = { perSlot, maxSlotSeries };
  }

  current(): RenderedPart {
    return this.#current;
  }

  /** One snapshot is rendered at a time; of those that arrive meanwhile, only the newest is rendered. */
  update(snapshot: Snapshot): void {
    this.#totals = updateSlotTotals(this.#totals, snapshot);
    this.#next = snapshot;
    this.#rendering ??= this.#renderNext();
  }

  async settled(): Promise<void> {
    await this.#rendering;
  }

  async #renderNext(): Promise<void> {
    try {
      while (this.#next !== undefined) {
        const options = { ...this.#series, totals: this.#totals };
        const samples = sampleSnapshot(this.#next, options);
        this.#next = undefined;
        this.#current = await renderPart(metrics, samples);
      }
    } finally {
      this.#rendering = undefined;
    }
  }
}
