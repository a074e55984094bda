import { dirname } from "node:path";
import { readBacklink } from "../../git/git-directory.ts";
import { listWorktreeFaults, type WorktreeFault, type WorktreeObjects } from "../../git/worktree-faults.ts";
import { listOtherAdminDirectories } from "../../git/worktrees.ts";
import { isInside } from "../../platform/contained-path.ts";
import { mainRepositoryOf } from "../../pool/layouts/layout.ts";
import type { Pool } from "../../pool/pool.ts";
import type { Finding } from "../finding.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** A work tree that an agent made out of a slot of a worktree pool. */
export interface NestedWorktree {
  /** Its git directory. */
  readonly admin: string;
  /** The slot in whose directory it is; undefined if it is elsewhere. */
  readonly slotId: string | undefined;
}

/** None in a source, where each work tree is a slot itself. */
export function listNestedWorktrees(reader: SlotReader, pool: Pool): NestedWorktree[] {
  if (pool.source !== undefined) return [];
  const workTrees = pool.slots.map((slot) => slot.path);
  return listOtherAdminDirectories(reader, mainRepositoryOf(pool), workTrees).map((admin) => ({
    admin,
    slotId: findSlotAround(reader, admin, pool),
  }));
}

/** What is wrong with a nested work tree is its slot's; if it is elsewhere and stops fetch, everybody's. */
export function listNestedFaults(
  reader: SlotReader,
  nested: readonly NestedWorktree[],
  objects: WorktreeObjects,
): { readonly slotId: string | undefined; readonly fault: WorktreeFault }[] {
  return nested.flatMap(({ admin, slotId }) =>
    listWorktreeFaults(reader, [admin], objects)
      .filter(({ stopsFetch }) => slotId !== undefined || stopsFetch)
      .map((fault) => ({ slotId, fault })),
  );
}

/** A step that rebuilds an index is chosen by its own code. */
export function findingOfWorktree({ part, path, expected, found, workTree }: WorktreeFault): Finding {
  const code = part === "index" ? "index_corrupt" : "git_invalid";
  return { code, path, expected, found, workTree, depth: "probe" };
}

function findSlotAround(reader: SlotReader, admin: string, { slots }: Pool): string | undefined {
  const backlink = readBacklink(reader, admin);
  if (backlink === undefined) return undefined;
  return slots.find((slot) => isInside(slot.path, dirname(backlink)))?.slotId;
}
