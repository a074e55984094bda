import { isInside } from "../../platform/contained-path.ts";

/** Which real paths have an owner: a directory is a slot, or the repository of a pool, only once. */
export class PathClaims {
  readonly #owners = new Map<string, string>();
  readonly #areas: readonly { readonly directory: string; readonly owner: string }[];

  /** An area belongs to its owner with everything below it. */
  constructor(areas: readonly { readonly directory: string; readonly owner: string }[] = []) {
    this.#areas = areas;
  }

  /** Takes the path. @returns who has it already, if anybody does; then nothing is taken */
  claim(path: string, owner: string): string | undefined {
    const before =
      this.#owners.get(path) ?? this.#areas.find(({ directory }) => isInside(directory, path))?.owner;
    if (before === undefined) this.#owners.set(path, owner);
    return before;
  }
}
