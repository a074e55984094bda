import { openObjectStore } from "../../git/objects/open-object-store.ts";
import { listWorktreeFaults, type WorktreeFault } from "../../git/worktree-faults.ts";
import { listAdminDirectories } from "../../git/worktrees.ts";
import { listNestedFaults, listNestedWorktrees } from "../../inspection/probe/nested-worktrees.ts";
import { allFindings } from "../../inspection/probe/main-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * Faults of work trees that somebody made out of the slot, which are there now and reported of the slot or of its main
 * repository. Another slot's are left to that one, and an object that only seems to be missing is reported of nobody.
 * None of a source, whose repositories stay as they are.
 */
export function listOwnWorktreeFaults(
  { pool, slot, inspection }: RecoveryContext,
  commonDirectory: string,
): WorktreeFault[] {
  if (pool.source !== undefined) return [];
  const objects = openObjectStore(commonDirectory);
  const reported = new Set(allFindings(inspection).map(({ path }) => path));
  const faults =
    slot.layout === "clone"
      ? listWorktreeFaults(uncachedReader, listAdminDirectories(uncachedReader, commonDirectory), objects)
      : listNestedFaults(uncachedReader, listNestedWorktrees(uncachedReader, pool), objects)
          .filter(({ slotId }) => slotId === undefined || slotId === slot.slotId)
          .map(({ fault }) => fault);
  return faults.filter(({ path }) => reported.has(path));
}
