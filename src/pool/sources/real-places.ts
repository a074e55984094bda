import { basename, dirname, join } from "node:path";
import { resolveLinks } from "../../platform/contained-path.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** A path with links resolved, and what is there. */
export interface RealPlace {
  readonly path: string;
  readonly isMissing: boolean;
}

/** Where paths lead with links resolved. The directories above are resolved once: most work trees have few of them. */
export class RealPlaces {
  readonly #directories = new Map<string, string | undefined>();
  readonly #reader: SlotReader;

  constructor(reader: SlotReader) {
    this.#reader = reader;
  }

  find(path: string): RealPlace {
    const above = this.#resolveDirectory(dirname(path));
    const own = above === undefined || basename(path) === ".." ? undefined : join(above, basename(path));
    const kind = own === undefined ? "link" : this.#reader.readEntry(own).kind;
    if (own !== undefined && kind !== "link") return { path: own, isMissing: kind === "missing" };
    const real = resolveLinks(path) ?? path;
    return { path: real, isMissing: this.#reader.readEntry(real).kind === "missing" };
  }

  #resolveDirectory(directory: string): string | undefined {
    if (!this.#directories.has(directory)) this.#directories.set(directory, resolveLinks(directory));
    return this.#directories.get(directory);
  }
}
