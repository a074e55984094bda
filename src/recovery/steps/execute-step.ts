import type { RecoveryAction } from "../recovery-action.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { moveGitLock } from "./move-git-lock.ts";
import { rebuildIndex } from "./rebuild-index.ts";
import { reclone } from "./reclone.ts";
import { refetchObjects } from "./refetch-objects.ts";
import { restoreLinks } from "./restore-links.ts";
import { restoreMetadata } from "./restore-metadata.ts";
import { restoreRefs } from "./restore-refs.ts";

/** Executes one step of the ladder. */
export async function executeStep(action: RecoveryAction, context: RecoveryContext): Promise<ActionResult> {
  switch (action) {
    case "move_git_lock":
      return moveGitLock(context);
    case "restore_metadata":
      return restoreMetadata(context);
    case "restore_links":
      return restoreLinks(context);
    case "rebuild_index":
      return rebuildIndex(context);
    case "restore_refs":
      return restoreRefs(context);
    case "refetch_objects":
      return refetchObjects(context);
    case "reclone":
      return reclone(context);
    default:
      return { outcome: "no_effect", detail: `${action} is no step of the ladder` };
  }
}
