import { describe, expect, test } from "vitest";
import { corruptionReasons } from "../../../src/anomalies/corruption-reason.ts";
import {
  concerns,
  isMainRepositoryBroken,
  isRepositoryBroken,
  type FaultPart,
  type RepairReason,
} from "../../../src/recovery/plan/fault-parts.ts";

/** Beside each part, the reasons that concern it alone. */
const reasonsOfOnePart: Partial<Record<FaultPart, readonly RepairReason[]>> = {
  slot: ["slot_missing"],
  metadata: [
    ...(["slot_path_invalid", "slot_json_missing", "slot_json_invalid"] as const),
    ...(["slot_json_mismatch", "state_error"] as const),
  ],
  links: [
    ...(["slot_shared", "git_invalid", "head_missing", "head_invalid"] as const),
    ...(["config_missing", "config_invalid", "config_unsafe", "remote_changed"] as const),
    ...(["worktree_link_missing", "worktree_link_invalid", "worktree_admin_missing"] as const),
    ...(["worktree_backlink_invalid", "worktree_commondir_invalid", "worktree_lock_stale"] as const),
  ],
  index: ["index_missing", "index_corrupt"],
  refs: ["git_refs_missing", "ref_invalid", "ref_target_missing", "ref_missing", "packed_refs_invalid"],
  objects: [
    ...(["git_objects_missing", "object_corrupt", "object_missing", "pack_missing"] as const),
    ...(["pack_corrupt", "pack_index_missing", "pack_index_corrupt", "alternates_broken"] as const),
    ...(["shallow_invalid", "commit_graph_corrupt", "multi_pack_index_corrupt"] as const),
  ],
  repository: ["git_missing"],
  git_lock: ["git_lock_stale"],
  rights: ["ownership"],
};

/** Reasons that may lie in several parts: each of them is looked at. */
const reasonsOfMoreParts: Partial<Record<RepairReason, readonly FaultPart[]>> = {
  main_repo_broken: ["git_lock", "links", "refs", "objects"],
  head_branch_missing: ["links", "refs"],
  submodule_corrupt: ["links", "repository"],
};

const parts = new Map<RepairReason, readonly FaultPart[]>([
  ...Object.entries(reasonsOfOnePart).flatMap(([part, reasons]) =>
    reasons.map((reason) => [reason, [part as FaultPart]] as const),
  ),
  ...(Object.entries(reasonsOfMoreParts) as [RepairReason, readonly FaultPart[]][]),
]);

test("each reason of a repair has its parts here", () => {
  expect([...parts.keys()].sort()).toEqual([...corruptionReasons, "ownership"].sort());
});

describe.each([...parts])("%s", (reason, own) => {
  test(`concerns ${own.join(", ")} and nothing else`, () => {
    const all = ["slot", "metadata", "links", "index", "refs", "objects", "repository", "git_lock", "rights"];
    const concerned = all.filter((part) => concerns({ reasons: [reason] }, part as FaultPart));
    expect(concerned.sort()).toEqual([...own].sort());
  });
});

test("a fault of several reasons concerns what one of them does", () => {
  const reasons = ["slot_json_missing", "index_corrupt"] as const;
  expect(concerns({ reasons }, "index")).toBe(true);
  expect(concerns({ reasons }, "refs", "metadata")).toBe(true);
  expect(concerns({ reasons }, "refs")).toBe(false);
  expect(isRepositoryBroken({ reasons })).toBe(true);
  expect(isRepositoryBroken({ reasons: ["slot_json_missing", "git_lock_stale"] })).toBe(false);
});

test("refs or objects that are broken are the main repository's, in a pool of work trees", () => {
  const isBroken = (reasons: readonly RepairReason[], layout: "clone" | "worktree" = "worktree") =>
    isMainRepositoryBroken({ reasons, layout });
  expect(isBroken(["ref_invalid"])).toBe(true);
  expect(isBroken(["object_missing"])).toBe(true);
  expect(isBroken(["index_corrupt", "pack_corrupt"])).toBe(true);
  expect(isBroken(["head_invalid", "index_corrupt"])).toBe(false);
  expect(isBroken(["ref_invalid", "object_missing"], "clone")).toBe(false);
});

test("what lies in the admin directory of one slot is not the main repository's", () => {
  const isBroken = (reasons: readonly RepairReason[], ownReasons: readonly RepairReason[]) =>
    isMainRepositoryBroken({ reasons, ownReasons, layout: "worktree" });
  expect(isBroken(["ref_target_missing"], ["ref_target_missing"])).toBe(false);
  expect(isBroken(["ref_target_missing", "object_missing"], ["ref_target_missing"])).toBe(true);
});

test("a branch that is gone says nothing about the main repository", () => {
  expect(isMainRepositoryBroken({ reasons: ["head_branch_missing"], layout: "worktree" })).toBe(false);
});
