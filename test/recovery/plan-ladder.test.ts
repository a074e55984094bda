import { expect, test } from "vitest";
import type { CorruptionReason } from "../../src/anomalies/corruption-reason.ts";
import type { LayoutKind } from "../../src/pool/pool.ts";
import { planLadder } from "../../src/recovery/plan-recovery.ts";
import type { RecoveryAction } from "../../src/recovery/recovery-action.ts";

const ladders: [CorruptionReason[], LayoutKind, RecoveryAction[]][] = [
  [["worktree_link_missing"], "worktree", ["restore_links"]],
  [["worktree_admin_missing"], "worktree", ["restore_links"]],
  [["slot_missing"], "worktree", ["restore_links"]],
  [["slot_missing"], "clone", ["reclone"]],
  [["head_invalid"], "clone", ["restore_links", "reclone"]],
  [["ref_invalid"], "worktree", ["restore_refs"]],
  [["head_branch_missing"], "clone", ["restore_links", "restore_refs", "reclone"]],
  [["git_lock_stale", "head_missing"], "worktree", ["move_git_lock", "restore_links"]],
];

test.each(ladders)("%j of a %s climbs %j", (reasons, layout, expected) => {
  expect(planLadder(reasons, layout)).toEqual(expected);
});
