import { sourcePermissions, type Pool, type SourcePermission } from "../../pool/pool.ts";
import { concerns, type FaultPart, type RepairReason } from "./fault-parts.ts";
import type { RecoveryAction } from "../recovery-action.ts";

/** What each permission of a source lets a run do to its slots. */
const permittedActions: Readonly<Record<SourcePermission, readonly RecoveryAction[]>> = {
  report: [],
  move_git_lock: ["move_git_lock"],
  repair: ["restore_links", "rebuild_index"],
  reclaim: ["reclaim"],
};

/**
 * Why no step that a source allows can repair a slot with these reasons; undefined if one can. Without reasons, every repair
 * step counts.
 */
export function refuseRepairOf(
  reasons: readonly RepairReason[],
  { name, allow }: { readonly name: string; readonly allow: readonly SourcePermission[] },
): string | undefined {
  const helping = (["move_git_lock", "repair"] as const).filter(
    (permission) => reasons.length === 0 || concerns({ reasons }, ...repairedParts[permission]),
  );
  if (helping.some((permission) => allow.includes(permission))) return undefined;
  const what = reasons.join(", ") || "a repair";
  if (helping.length === 0) return `no step in place repairs ${what} of the source ${name}`;
  const toAllow = helping.length > 1 ? "one" : "it";
  return `the source ${name} does not allow \`${helping.join("` or `")}\`, which ${what} needs: add ${toAllow} to its \`allow\``;
}

/** Why a run may not take the action on slots of a source, and what would let it. */
export function describeUnpermitted(action: RecoveryAction, { name }: { readonly name: string }): string {
  const permission = sourcePermissions.find((each) => permittedActions[each].includes(action));
  return permission === undefined
    ? `${action} is for the slots of a pool manager alone`
    : `the source ${name} does not allow \`${permission}\`: add it to its \`allow\``;
}

const repairedParts = {
  move_git_lock: ["git_lock"],
  repair: ["links", "index"],
} as const satisfies Partial<Record<SourcePermission, readonly FaultPart[]>>;

/** True if a run may take the action on slots of the pool. A pool manager's slots are never reclaimed. */
export function isPermitted(action: RecoveryAction, { source }: Pick<Pool, "source">): boolean {
  if (source === undefined) return action !== "reclaim";
  return source.allow.some((permission) => permittedActions[permission].includes(action));
}
