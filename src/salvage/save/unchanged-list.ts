import type { TrackedFile } from "../../git/index/tracked-files.ts";
import type { UnchangedFiles } from "./saved-file.ts";

/** Collects files that are as an index says, in the order of the index or any other. */
export class UnchangedList {
  readonly #positions: number[] = [];
  readonly #modes: Record<string, number> = {};
  bytes = 0;

  get count(): number {
    return this.#positions.length;
  }

  /** @returns false if the permission bits are not those of the other files: the file needs a line of its own. */
  add({ position, mode, bytes }: TrackedFile, permissions: number): boolean {
    if ((this.#modes[mode] ??= permissions) !== permissions) return false;
    this.#positions.push(position);
    this.bytes += bytes;
    return true;
  }

  finish(index: string): UnchangedFiles {
    const entries: [number, number][] = [];
    for (const position of this.#positions.sort((one, other) => one - other)) {
      const last = entries.at(-1);
      if (last !== undefined && last[1] + 1 === position) last[1] = position;
      else entries.push([position, position]);
    }
    return { index, entries, modes: this.#modes };
  }
}
