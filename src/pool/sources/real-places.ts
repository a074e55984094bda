import { resolveLinks } from "../../platform/contained-path.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { SeenDirectories } from "./seen-directories.ts";

/** A path with links resolved, and what is there. */
export interface RealPlace {
  readonly path: string;
  readonly isMissing: boolean;
}

/** Where paths lead with links resolved. The directories above are resolved once: most work trees have few of them. */
export class RealPlaces {
  readonly #above = new Map<string, string | undefined>();
  readonly #reader: SlotReader;
  readonly #seen: SeenDirectories;

  constructor(reader: SlotReader, seen: SeenDirectories) {
    this.#reader = reader;
    this.#seen = seen;
  }

  /** `isDirectory` if a listing showed a directory there, and no link. */
  find(path: string, { isDirectory = false } = {}): RealPlace {
    const own = this.#resolveAbove(path);
    if (own === undefined) return this.#resolve(path);
    const facts = this.#seen.factsOf(own);
    if (isDirectory) facts.isDirectory = true;
    if (facts.isDirectory === true) return { path: own, isMissing: false };
    const { kind } = this.#reader.readEntry(own);
    if (kind === "directory") facts.isDirectory = true;
    return kind === "link" ? this.#resolve(path) : { path: own, isMissing: kind === "missing" };
  }

  #resolve(path: string): RealPlace {
    const real = resolveLinks(path) ?? path;
    return { path: real, isMissing: this.#reader.readEntry(real).kind === "missing" };
  }

  /** The path with the links on the way to it resolved; undefined if it ends in no name. */
  #resolveAbove(path: string): string | undefined {
    const end = path.lastIndexOf("/");
    const name = path.slice(end + 1);
    if (["", ".", ".."].includes(name)) return undefined;
    const directory = end === 0 ? "/" : path.slice(0, end);
    if (!this.#above.has(directory)) this.#above.set(directory, resolveLinks(directory));
    const above = this.#above.get(directory);
    return above === undefined ? undefined : `${above === "/" ? "" : above}/${name}`;
  }
}
