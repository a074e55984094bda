import { expect, test } from "vitest";
import type { Pool, SourcePermission } from "../../../src/pool/pool.ts";
import {
  describeUnpermitted,
  isPermitted,
  refuseRepairOf,
} from "../../../src/recovery/plan/permitted-actions.ts";
import { recoveryActions } from "../../../src/recovery/recovery-action.ts";

const permittedBy = (...allow: SourcePermission[]) => {
  const source = { name: "agents", allow } as unknown as Pool["source"];
  return recoveryActions.filter((action) => isPermitted(action, { source }));
};

test("a source permits what it lists, and nothing else", () => {
  expect(permittedBy()).toEqual([]);
  expect(permittedBy("report")).toEqual([]);
  expect(permittedBy("move_git_lock")).toEqual(["move_git_lock"]);
  expect(permittedBy("repair").toSorted()).toEqual(["rebuild_index", "restore_links"]);
  expect(permittedBy("report", "reclaim")).toEqual(["reclaim"]);
});

test("a pool manager's slots are repaired in every way, and never reclaimed", () => {
  const permitted = recoveryActions.filter((action) => isPermitted(action, { source: undefined }));
  expect(permitted).toEqual(recoveryActions.filter((action) => action !== "reclaim"));
});

test("a repair is refused with the permission that would allow it", () => {
  const refusalOf = (allow: readonly SourcePermission[], ...reasons: Parameters<typeof refuseRepairOf>[0]) =>
    refuseRepairOf(reasons, { name: "agents", allow });
  expect(refusalOf(["move_git_lock"], "git_lock_stale")).toBeUndefined();
  expect(refusalOf(["repair"], "index_corrupt", "object_missing")).toBeUndefined();
  expect(refusalOf(["report"])).toBe(
    "the source agents does not allow `move_git_lock` or `repair`, which a repair needs: add one to its `allow`",
  );
  expect(refusalOf(["move_git_lock"])).toBeUndefined();
  expect(refusalOf(["repair", "reclaim"], "git_lock_stale")).toBe(
    "the source agents does not allow `move_git_lock`, which git_lock_stale needs: add it to its `allow`",
  );
  expect(refusalOf(["move_git_lock"], "head_invalid", "index_missing")).toBe(
    "the source agents does not allow `repair`, which head_invalid, index_missing needs: add it to its `allow`",
  );
  expect(refusalOf(["move_git_lock", "repair"], "object_corrupt")).toBe(
    "no step in place repairs object_corrupt of the source agents",
  );
});

test("a step that a source does not allow says what would allow it, or that nothing would", () => {
  const source = { name: "agents" };
  expect(describeUnpermitted("restore_links", source)).toBe(
    "the source agents does not allow `repair`: add it to its `allow`",
  );
  expect(describeUnpermitted("reclone", source)).toBe("reclone is for the slots of a pool manager alone");
});
