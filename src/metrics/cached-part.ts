import type { RenderedPart } from "./rendered-part.ts";

/** A part that is rendered on request if something changed since; concurrent requests share the result. */
export class CachedPart {
  readonly #render: () => Promise<RenderedPart>;
  #rendering: Promise<RenderedPart> | undefined;

  constructor(render: () => Promise<RenderedPart>) {
    this.#render = render;
  }

  invalidate(): void {
    this.#rendering = undefined;
  }

  current(): Promise<RenderedPart> {
    if (this.#rendering !== undefined) return this.#rendering;
    const rendering = this.#render();
    this.#rendering = rendering;
    rendering.catch(() => {
      // The caller has the error; the next to ask tries again.
      if (this.#rendering === rendering) this.#rendering = undefined;
    });
    return rendering;
  }
}
