import { join } from "node:path";

/** Which real paths have an owner: a directory is a slot, or the repository of a pool, only once. */
export class PathClaims {
  readonly #owners = new Map<string, string>();
  readonly #areas: readonly { readonly prefix: string; readonly owner: string }[];

  /** An area, a real path, belongs to its owner with everything below it. */
  constructor(areas: readonly { readonly directory: string; readonly owner: string }[] = []) {
    this.#areas = areas.map(({ directory, owner }) => ({ prefix: join(directory, "/"), owner }));
  }

  /** Takes the path. @returns who has it already, if anybody does; then nothing is taken */
  claim(path: string, owner: string): string | undefined {
    const before =
      this.#owners.get(path) ?? this.#areas.find(({ prefix }) => `${path}/`.startsWith(prefix))?.owner;
    if (before === undefined) this.#owners.set(path, owner);
    return before;
  }
}
