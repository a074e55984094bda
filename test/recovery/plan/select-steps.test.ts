import { expect, test } from "vitest";
import type { CorruptionReason } from "../../../src/anomalies/corruption-reason.ts";
import type { LayoutKind } from "../../../src/pool/pool.ts";
import { selectSteps } from "../../../src/recovery/plan/select-steps.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";
import type { RecoveryAction } from "../../../src/recovery/recovery-action.ts";

function stepsAgainst(reasons: CorruptionReason[], layout: LayoutKind): RecoveryAction[] {
  return selectSteps({ reasons, layout, isStateKnown: true }, recoverySteps).map(({ action }) => action);
}

const orders: [CorruptionReason[], LayoutKind, RecoveryAction[]][] = [
  [["worktree_link_missing"], "worktree", ["restore_links", "reclone"]],
  [["worktree_admin_missing"], "worktree", ["restore_links", "reclone"]],
  [["slot_missing"], "worktree", ["restore_links", "reclone"]],
  [["slot_missing"], "clone", ["reclone"]],
  [["slot_missing", "slot_json_missing"], "clone", ["reclone"]],
  [["slot_missing", "slot_json_missing"], "worktree", ["restore_metadata", "restore_links", "reclone"]],
  [["head_invalid"], "clone", ["restore_links", "reclone"]],
  [["config_missing"], "worktree", ["restore_links", "reclone"]],
  [["ref_invalid"], "worktree", ["restore_refs", "refetch_objects", "reclone"]],
  [["pack_corrupt"], "worktree", ["refetch_objects", "reclone"]],
  [["head_branch_missing"], "clone", ["restore_links", "restore_refs", "refetch_objects", "reclone"]],
  [["git_lock_stale", "head_missing"], "worktree", ["move_git_lock", "restore_links", "reclone"]],
  [["pack_corrupt"], "clone", ["refetch_objects", "reclone"]],
  [["index_corrupt"], "clone", ["rebuild_index", "refetch_objects", "reclone"]],
  [
    ["index_corrupt", "git_lock_stale"],
    "worktree",
    ["move_git_lock", "rebuild_index", "refetch_objects", "reclone"],
  ],
  [
    ["index_corrupt", "head_invalid"],
    "clone",
    ["restore_links", "refetch_objects", "rebuild_index", "reclone"],
  ],
  [
    ["ref_invalid", "pack_index_missing", "index_missing"],
    "clone",
    ["restore_refs", "refetch_objects", "rebuild_index", "reclone"],
  ],
  [
    ["main_repo_broken"],
    "worktree",
    ["move_git_lock", "restore_links", "restore_refs", "refetch_objects", "reclone"],
  ],
];

test.each<[CorruptionReason[]]>([[["git_lock_stale"]], [["slot_json_invalid"]], [["state_error"]]])(
  "%j never asks for a new clone: nothing is wrong with the repository",
  (reasons) => {
    expect(stepsAgainst(reasons, "clone")).not.toContain("reclone");
  },
);

test.each(orders)("%j of a %s is repaired by %j", (reasons, layout, expected) => {
  expect(stepsAgainst(reasons, layout)).toEqual(expected);
});
