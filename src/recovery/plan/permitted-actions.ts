import type { Pool, SourcePermission } from "../../pool/pool.ts";
import type { RecoveryAction } from "../recovery-action.ts";

/** What each permission of a source lets a run do to its slots. */
const permittedActions: Readonly<Record<SourcePermission, readonly RecoveryAction[]>> = {
  report: [],
  move_git_lock: ["move_git_lock"],
  repair: ["restore_links", "rebuild_index"],
  reclaim: ["reclaim"],
};

/** True if a run may take the action on slots of the pool. A pool manager's slots are its own to take away. */
export function isPermitted(action: RecoveryAction, { source }: Pick<Pool, "source">): boolean {
  if (source === undefined) return action !== "reclaim";
  return source.allow.some((permission) => permittedActions[permission].includes(action));
}
