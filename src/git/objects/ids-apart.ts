import { join } from "node:path";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { readPackedIds } from "../packs/pack-index.ts";
import { looseIds } from "./loose-object.ts";

/** Of a pack of what nothing leads to, the file of the times at which its objects were written last. */
const timesSuffix = ".mtimes";

/**
 * Ids of the objects that nothing may name any more: loose ones, and those of cruft packs, in which a garbage collection of
 * git 2.41 gathers such objects instead of leaving them loose. Source: gitformat-pack(5).
 */
export function* listIdsApart(objectsDirectory: string, idBytes: 20 | 32): Generator<string, void> {
  yield* looseIds(uncachedReader, objectsDirectory);
  const packs = join(objectsDirectory, "pack");
  for (const name of uncachedReader.listAllNames(packs)) {
    if (!name.endsWith(timesSuffix)) continue;
    yield* readPackedIds(join(packs, `${name.slice(0, -timesSuffix.length)}.idx`), idBytes) ?? [];
  }
}
