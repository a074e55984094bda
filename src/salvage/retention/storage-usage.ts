import { join } from "node:path";
import { listKeptFolders, measureKeptBytes, quarantineDirectory } from "../salvage-store.ts";
import { salvageDirectory } from "../save/save-work.ts";

/** Sizes of what is kept. A folder is measured once: nobody writes into it any more. */
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
      salvageBytes: sumOf(salvageDirectory(stateDir)),
      quarantineBytes: sumOf(quarantineDirectory(stateDir)),
    };
    this.#known = seen;
    return sizes;
  }
}
