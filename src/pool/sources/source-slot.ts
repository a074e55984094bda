import { dirname } from "node:path";
import type { Slot } from "../pool.ts";
import type { SeenDirectories } from "./seen-directories.ts";
import { formatSourceSlotId } from "./source-names.ts";

/** One object for all: a watcher compares what it remembers by identity. */
const unrecorded = { kind: "unrecorded" } as const;

/** A work tree at a real path that no pool manager keeps a record of. Named once: that takes a hash of the path. */
export function sourceSlotAt(path: string, kind: SlotKind, seen: SeenDirectories): Slot {
  const facts = seen.factsOf(path);
  const isSame = facts.slot?.repoName === kind.repoName && facts.slot.layout === kind.layout;
  if (facts.slot === undefined || !isSame) facts.slot = createSourceSlot(path, kind);
  return facts.slot;
}

/** What a slot has of its pool. */
type SlotKind = Pick<Slot, "repoName" | "layout">;

function createSourceSlot(path: string, { repoName, layout }: SlotKind): Slot {
  return {
    slotId: formatSourceSlotId(repoName, path),
    ...{ repoName, layout, path },
    number: 0,
    recordPath: path,
    root: dirname(path),
    reading: unrecorded,
  };
}
