import { acceptsGzip, contentTypes, selectFormat, type ExpositionFormat } from "./exposition-format.ts";
import { joinGzip } from "./join-gzip.ts";
import { RenderedPart } from "./rendered-part.ts";

export interface ExpositionRequest {
  /** The headers of the scrape. */
  readonly accept?: string;
  readonly acceptEncoding?: string;
}

export interface RenderedExposition {
  readonly contentType: string;
  readonly contentEncoding: "gzip" | undefined;
  readonly body: Buffer;
}

interface Answer {
  readonly parts: readonly RenderedPart[];
  readonly body: Promise<Buffer>;
}

/** What OpenMetrics ends with; nothing may follow it. */
const end = new RenderedPart({ text: Buffer.alloc(0), openmetrics: Buffer.from("# EOF\n") });

/** Puts the parts together as each scrape wants them, and keeps the result until a part changes. */
export class Exposition {
  readonly #readParts: () => Promise<readonly RenderedPart[]>;
  readonly #answers = new Map<string, Answer>();

  constructor(readParts: () => Promise<readonly RenderedPart[]>) {
    this.#readParts = readParts;
  }

  async render(request: ExpositionRequest): Promise<RenderedExposition> {
    const format = selectFormat(request.accept);
    const contentEncoding = acceptsGzip(request.acceptEncoding) ? "gzip" : undefined;
    const parts = [...(await this.#readParts()), end];
    const body = await this.#body(format, contentEncoding, parts);
    return { contentType: contentTypes[format], contentEncoding, body };
  }

  #body(
    format: ExpositionFormat,
    encoding: "gzip" | undefined,
    parts: readonly RenderedPart[],
  ): Promise<Buffer> {
    const key = `${format} ${encoding ?? "identity"}`;
    const known = this.#answers.get(key);
    if (known !== undefined && known.parts.every((part, index) => part === parts[index])) return known.body;
    const body = encoding === "gzip" ? joinCompressed(format, parts) : Promise.resolve(join(format, parts));
    this.#answers.set(key, { parts, body });
    return body;
  }
}

function join(format: ExpositionFormat, parts: readonly RenderedPart[]): Buffer {
  return Buffer.concat(parts.map((part) => part.plain(format)));
}

async function joinCompressed(format: ExpositionFormat, parts: readonly RenderedPart[]): Promise<Buffer> {
  const pieces = parts.map(async (part) => ({
    plain: part.plain(format),
    deflated: await part.deflated(format),
  }));
  return joinGzip(await Promise.all(pieces));
}
