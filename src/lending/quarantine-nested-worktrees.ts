import { listOwnAdmins } from "../git/index/other-indexes.ts";
import { readWorkTreeOf } from "../git/worktrees.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/**
 * The work trees that an agent made inside the slot went with the other untracked files. What git knows of them goes too:
 * as long as it is there, the next agent can use neither their paths nor their branches. Their branches stay.
 */
export function quarantineNestedWorktrees(job: CleanUp): void {
  const { directories, slotPath, poolDirectory } = job;
  const place = { ...quarantinePlaceOf(job), under: poolDirectory };
  for (const admin of listOwnAdmins(directories, slotPath)) {
    const workTree = readWorkTreeOf(admin);
    if (workTree === undefined || workTree === slotPath || !isReallyInside(slotPath, workTree)) continue;
    moveToQuarantine(admin, place);
  }
}
