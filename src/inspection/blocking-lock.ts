import { stopsCommands } from "../git/git-locks.ts";
import type { GitLock } from "./finding.ts";
import type { SlotInspection } from "./slot-inspection.ts";

/** A lock of git, however young, at which the next agent's commands would end. */
export function findBlockingLock({
  directories,
  gitLocks,
}: Pick<SlotInspection, "directories" | "gitLocks">): GitLock | undefined {
  return directories && gitLocks.find((lock) => stopsCommands(lock, directories.commonDirectory));
}
