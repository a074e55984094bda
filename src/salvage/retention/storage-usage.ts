import { join } from "node:path";
import { measureBytes } from "../save/walk-files.ts";
import { listKeptFolders, measureKeptBytes } from "../salvage-store.ts";
import { basesDirectory } from "../bases/base-store.ts";
import { quarantineDirectory, salvageDirectory } from "../kept-directories.ts";

/** Sizes of what is kept. A folder of a salvage is measured once: nobody writes into it any more. */
export class StorageUsage {
  #known = new Map<string, number>();

  measure(stateDir: string): { salvageBytes: number; quarantineBytes: number } {
    const seen = new Map<string, number>();
    const sumOf = (directory: string): number =>
      listKeptFolders(directory).reduce((sum, name) => {
        const path = join(directory, name);
        const bytes = this.#known.get(path) ?? measureKeptBytes(path);
        seen.set(path, bytes);
        return sum + bytes;
      }, 0);
    const sizes = {
      salvageBytes: sumOf(salvageDirectory(stateDir)) + measureBytes(basesDirectory(stateDir)),
      quarantineBytes: sumOf(quarantineDirectory(stateDir)),
    };
    this.#known = seen;
    return sizes;
  }
}
