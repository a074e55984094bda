import { constants, deflateRaw } from "node:zlib";
import { promisify } from "node:util";
import { TimeSlice } from "../platform/time-slice.ts";
import { expositionFormats, type ExpositionFormat } from "./exposition-format.ts";
import { renderHeader, renderSample, type MetricHeader } from "./exposition-lines.ts";
import type { Sample } from "./sample.ts";

const deflate = promisify(deflateRaw);

/** Some families of the exposition in both formats, with their compressed forms once somebody asked. Immutable. */
export class RenderedPart {
  readonly #plain: Readonly<Record<ExpositionFormat, Buffer>>;
  readonly #deflated = new Map<ExpositionFormat, Promise<Buffer>>();

  constructor(plain: Readonly<Record<ExpositionFormat, Buffer>>) {
    this.#plain = plain;
  }

  plain(format: ExpositionFormat): Buffer {
    return this.#plain[format];
  }

  /** Deflate blocks that end on a byte and refer to nothing before them, for `joinGzip`. Compressed once. */
  deflated(format: ExpositionFormat): Promise<Buffer> {
    const known = this.#deflated.get(format);
    if (known !== undefined) return known;
    const deflated = deflate(this.#plain[format], { finishFlush: constants.Z_FULL_FLUSH });
    this.#deflated.set(format, deflated);
    return deflated;
  }
}

/** How long rendering may hold the event loop before it lets others run. */
const sliceMilliseconds = 5;

/**
 * Renders samples, in whatever order they come, grouped by family in the order of `metrics`; a family without samples
 * still has its HELP and TYPE. What takes one slice at most is rendered before this function first yields.
 */
export async function renderPart<Metric extends MetricHeader>(
  metrics: readonly Metric[],
  samples: Iterable<Sample & { readonly metric: Metric }>,
): Promise<RenderedPart> {
  const slice = new TimeSlice(sliceMilliseconds);
  const linesByMetric = new Map<Metric, string[]>(metrics.map((metric) => [metric, []]));
  for (const sample of samples) {
    linesByMetric.get(sample.metric)?.push(renderSample(sample));
    if (slice.isOver()) await slice.yieldToEventLoop();
  }
  const chunks: Record<ExpositionFormat, Buffer[]> = { text: [], openmetrics: [] };
  for (const [metric, lines] of linesByMetric) {
    const body = lines.length > 0 ? [Buffer.from(lines.join(""))] : [];
    const headers = encodeHeaders(metric);
    for (const format of expositionFormats) chunks[format].push(headers[format], ...body);
    if (slice.isOver()) await slice.yieldToEventLoop();
  }
  return new RenderedPart({
    text: Buffer.concat(chunks.text),
    openmetrics: Buffer.concat(chunks.openmetrics),
  });
}

const encodedHeaders = new WeakMap<MetricHeader, Readonly<Record<ExpositionFormat, Buffer>>>();

/** Encoded once for each metric: they are most of what is rendered for few slots. */
function encodeHeaders(metric: MetricHeader): Readonly<Record<ExpositionFormat, Buffer>> {
  const known = encodedHeaders.get(metric);
  if (known !== undefined) return known;
  const headers = {
    text: Buffer.from(renderHeader(metric, "text")),
    openmetrics: Buffer.from(renderHeader(metric, "openmetrics")),
  };
  encodedHeaders.set(metric, headers);
  return headers;
}
