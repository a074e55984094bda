import { listHiddenTrees, listOwnAdmins } from "../git/index/other-indexes.ts";
import { readWorkTreeOf } from "../git/worktrees.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/**
 * The work trees that an agent made inside the slot went with the other untracked files; those inside its git directory go
 * here. What git knows of them goes too: as long as it is there, the next agent can use neither their paths nor their
 * branches. Their branches stay.
 */
export function quarantineNestedWorktrees(job: CleanUp): void {
  const { directories, slotPath, poolDirectory } = job;
  const place = { ...quarantinePlaceOf(job), under: poolDirectory };
  const hidden = listHiddenTrees(directories, slotPath);
  for (const tree of hidden) moveToQuarantine(tree.workTree, place);
  for (const admin of listOwnAdmins(directories, slotPath)) {
    const workTree = readWorkTreeOf(admin);
    const isInSlot = workTree !== undefined && workTree !== slotPath && isReallyInside(slotPath, workTree);
    if (isInSlot || hidden.some((tree) => tree.admin === admin)) moveToQuarantine(admin, place);
  }
}
