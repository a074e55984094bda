import { dirname } from "node:path";
import type { LayoutKind, Slot } from "../pool.ts";
import { formatSourceSlotId } from "./source-names.ts";

/** One object for all: a watcher compares what it remembers by identity. */
const unrecorded = { kind: "unrecorded" } as const;

/** A work tree at a real path that no pool manager keeps a record of. */
export function createSourceSlot(repoName: string, layout: LayoutKind, path: string): Slot {
  return {
    slotId: formatSourceSlotId(repoName, path),
    ...{ repoName, layout, path },
    number: 0,
    recordPath: path,
    root: dirname(path),
    reading: unrecorded,
  };
}
