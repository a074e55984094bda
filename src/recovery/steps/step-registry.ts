import type { RecoveryAction } from "../recovery-action.ts";
import { moveGitLockStep } from "./move-git-lock.ts";
import { rebuildIndexFirst, rebuildIndexLast } from "./rebuild-index.ts";
import { recloneStep } from "./reclone.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { refetchObjectsStep } from "./refetch-objects.ts";
import { restoreLinksStep } from "./restore-links.ts";
import { restoreMetadataStep } from "./restore-metadata.ts";
import { restoreRefsStep } from "./restore-refs.ts";

/** Every repair step, the least destructive first: the order in which a plan tries them. */
export const recoverySteps: readonly RecoveryStep[] = [
  moveGitLockStep,
  restoreMetadataStep,
  restoreLinksStep,
  rebuildIndexFirst,
  restoreRefsStep,
  refetchObjectsStep,
  rebuildIndexLast,
  recloneStep,
];

/** Undefined for an action that repairs nothing, such as an isolation. */
export function findStep(action: RecoveryAction): RecoveryStep | undefined {
  return recoverySteps.find((step) => step.action === action);
}
