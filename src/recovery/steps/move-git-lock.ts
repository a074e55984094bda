import { countSlots } from "../../anomalies/create-snapshot.ts";
import { staleGitLocks, staleSharedGitLocks } from "../../anomalies/detect-corrupted-slot.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { slotPlaces } from "../../pool/layouts/layout.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { concerns } from "../plan/fault-parts.ts";
import { quarantinePlaceOf } from "./replace-file.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { writtenAt } from "../../platform/written-at.ts";

export const moveGitLockStep: RecoveryStep = {
  action: "move_git_lock",
  savesWork: false,
  replacesRepository: false,
  leavesContent: true,
  helps: (fault) => concerns(fault, "git_lock"),
  execute: moveGitLock,
};

const secondLookAfterMilliseconds = 2_000;

/** Step 1: moves aside a git lock that is old, and is the same file on a second look. */
async function moveGitLock(context: RecoveryContext): Promise<ActionResult> {
  const { inspection, pool, slot, thresholds } = context;
  const places = slotPlaces(slot, pool);
  const stale = [
    ...staleGitLocks(inspection, thresholds),
    ...staleSharedGitLocks(inspection, countSlots(pool), thresholds),
  ].filter(({ path }) => places.some((place) => isReallyInside(place, path)));
  if (stale.length === 0) return { outcome: "no_effect", detail: "no git lock of the slot is stale" };
  await context.clock.sleep(secondLookAfterMilliseconds);
  const same = stale.filter((lock) => {
    const { stats } = readEntry(lock.path);
    return stats?.ino === lock.inode && writtenAt(stats).getTime() === lock.modifiedAt.getTime();
  });
  for (const lock of same) {
    moveToQuarantine(lock.path, quarantinePlaceOf(context));
  }
  const detail = `moved aside ${same.map((lock) => lock.path).join(", ")}`;
  return same.length > 0
    ? { outcome: "done", detail }
    : { outcome: "no_effect", detail: "the lock changed meanwhile" };
}
