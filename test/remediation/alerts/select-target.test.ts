import { describe, expect, test } from "vitest";
import type { CorruptionReason } from "../../../src/anomalies/corruption-reason.ts";
import type { PoolSnapshot } from "../../../src/anomalies/snapshot.ts";
import { pausableTarget, selectTarget, targetKey } from "../../../src/remediation/alerts/select-target.ts";
import { aCorruptedSlot, aPool, aSlot, aSnapshot } from "../../kit/a-snapshot.ts";
import { threeSlots } from "../fake-remediation.ts";

const select = (labels: Record<string, string>, instance?: string) =>
  selectTarget(new Map(Object.entries(labels)), threeSlots(), { scope: "slot", instance });

test("a slot and a pool of our inventory are targets", () => {
  const slot = { kind: "slot", slotId: "workspace-other-slot1", pool: "other" };
  expect(select({ slot: "workspace-other-slot1" })).toEqual(slot);
  expect(select({ pool: "other" })).toEqual({ kind: "pool", pool: "other" });
});

test("names that are not in our inventory are not ours, whatever they look like", () => {
  for (const slot of ["../../etc", "workspace-demo-slot3", "__proto__"]) {
    expect(select({ slot })).toEqual({ kind: "not_ours" });
  }
  expect(select({ pool: "elsewhere" })).toEqual({ kind: "not_ours" });
});

test("an instance that is not this host's is not ours, an absent or empty one is", () => {
  const slot = "workspace-demo-slot1";
  expect(select({ slot, instance: "b:1" }, "a:1")).toEqual({ kind: "not_ours" });
  expect(select({ slot }, "a:1").kind).toBe("slot");
  expect(select({ slot, instance: "" }, "a:1").kind).toBe("slot");
});

test("an alert that names slot and pool means both", () => {
  const slot = "workspace-demo-slot1";
  expect(select({ slot, pool: "demo" }).kind).toBe("slot");
  expect(select({ slot, pool: "other" })).toEqual({ kind: "not_ours" });
});

test("an instance counts only on a host that has a name", () => {
  expect(select({ slot: "workspace-demo-slot1", instance: "b:1" }).kind).toBe("slot");
});

test("an alert without slot and pool is about every pool if its policy says so", () => {
  const selectFor = (scope: "slot" | "all") =>
    selectTarget(new Map(), threeSlots(), { scope, instance: undefined });
  expect(selectFor("all")).toEqual({ kind: "all" });
  expect(selectFor("slot")).toEqual({ kind: "no_policy" });
});

describe("a slot of a source", () => {
  const slots = [aSlot({ slotId: "agents-1", repoName: "agents" })];
  const selectOf = (allow: NonNullable<PoolSnapshot["allow"]>, reasons: CorruptionReason[] = []) => {
    const pools = [aPool({ repoName: "agents", source: "worktrees", allow, slots })];
    const corruptedSlots =
      reasons.length === 0 ? [] : [aCorruptedSlot({ slotId: "agents-1", repoName: "agents", reasons })];
    const anomalies = { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [] };
    const rules = { scope: "slot", instance: undefined } as const;
    return selectTarget(new Map([["slot", "agents-1"]]), aSnapshot({ pools, anomalies }), rules);
  };

  test("is a target as far as its source allows", () => {
    expect(selectOf(["repair"], ["index_corrupt"])).toEqual({
      kind: "slot",
      slotId: "agents-1",
      pool: "agents",
    });
    expect(selectOf(["move_git_lock"]).kind).toBe("slot");
  });

  test("is refused with the permission that is missing", () => {
    expect(selectOf(["report"], ["index_corrupt"])).toEqual({
      ...{ kind: "not_permitted", slotId: "agents-1", pool: "agents" },
      detail:
        "the source worktrees does not allow `repair`, which index_corrupt needs: add it to its `allow`",
    });
    expect(selectOf(["report"])).toMatchObject({
      detail:
        "the source worktrees does not allow `move_git_lock` or `repair`, which a repair needs: add one to its `allow`",
    });
  });
});

test("each target has a key of its own, and a pause covers it by slot and pool", () => {
  const targets = [
    { kind: "slot", slotId: "s", pool: "p" },
    { kind: "pool", pool: "p" },
    { kind: "all" },
  ] as const;
  expect(targets.map(targetKey)).toEqual(["slot:s", "pool:p", "all"]);
  expect(targets.map(pausableTarget)).toEqual([
    { slotId: "s", pool: "p" },
    { slotId: undefined, pool: "p" },
    { slotId: undefined, pool: undefined },
  ]);
});
