import { describe, expect, test } from "vitest";
import { corruptionReasons } from "../../../src/anomalies/corruption-reason.ts";
import { isMainRepositoryBroken, isRepositoryBroken } from "../../../src/recovery/plan/fault-parts.ts";
import { noProgress } from "../../../src/recovery/plan/plan-slot.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";
import { planOf, someFacts, someGoals, stepsOf } from "./plan-kit.ts";

const layouts = ["clone", "worktree"] as const;
const everyFault = layouts.flatMap((layout) => corruptionReasons.map((reason) => ({ reason, layout })));
const paused = { reason: "paused", detail: "paused by ann" } as const;
const released = { release: "allocation_too_old", endsAllocation: true } as const;
const isolates = (action: string) => action === "isolate";

describe.each(everyFault)("$reason of a $layout slot", ({ reason, layout }) => {
  const facts = someFacts([reason], { layout });
  const order = recoverySteps.map(({ action }) => action);

  test("is repaired in the registry's order, and ends in isolation", () => {
    const plan = planOf({ facts, goals: someGoals({ allowPoolRebuild: true }) });
    const repairs = plan.steps.filter(({ purpose }) => purpose === "repair");
    expect(repairs.length).toBeGreaterThan(0);
    const places = repairs.map(({ action }) => order.indexOf(action));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(stepsOf(plan)).toEqual([...repairs.map(({ action }) => action), "isolate"]);
    expect(plan.steps.map(({ endsWhen }) => endsWhen)).toEqual([
      ...repairs.map(() => "check_passes"),
      "step_done",
    ]);
    expect(new Set(plan.steps.map((step) => step.reason))).toEqual(new Set([reason]));
  });

  test("never has a slot cloned again if its repository is not broken", () => {
    const actions = stepsOf(planOf({ facts }));
    expect(actions.some((action) => action.startsWith("reclone"))).toBe(isRepositoryBroken(facts));
  });

  test("keeps an allocated slot from every step that replaces its repository", () => {
    const plan = planOf({
      facts: { ...facts, isAllocated: true },
      goals: someGoals({ allowPoolRebuild: true }),
    });
    for (const step of plan.steps) {
      const rule = recoverySteps.find(({ action }) => action === step.action);
      expect(step.refusedNow?.reason).toBe(rule?.replacesRepository === true ? "allocated" : undefined);
    }
  });

  test.each([
    ["a person who names it", { isNamed: true }],
    ["a release that ends the allocation", released],
  ])("lets %s replace the repository of an allocated slot", (_, permission) => {
    const goals = someGoals({ ...permission, allowPoolRebuild: true });
    const plan = planOf({ facts: { ...facts, isAllocated: true }, goals });
    expect(plan.steps.filter(({ refusedNow }) => refusedNow !== undefined)).toEqual([]);
  });

  test("has the main repository cloned again only if that is allowed", () => {
    const clone = planOf({ facts }).steps.find(({ action }) => action === "reclone");
    expect(clone?.refusedNow?.reason).toBe(isMainRepositoryBroken(facts) ? "approval" : undefined);
  });

  test("is refused whole by a guard of every step", () => {
    const plan = planOf({ facts, guards: { everyStep: paused } });
    expect(new Set(plan.steps.map(({ refusedNow }) => refusedNow))).toEqual(new Set([paused]));
  });

  test("isolates a slot that leads out of the pool, and does nothing else to it", () => {
    const outside = { reason: "unsafe_path", detail: "it leads out of the pool" } as const;
    const plan = planOf({ facts, goals: someGoals({ ...released, force: true }), guards: { outside } });
    expect(plan.steps.map(({ purpose, refusedNow }) => ({ purpose, refusedNow }))).toEqual([
      { purpose: "force", refusedNow: outside },
      { purpose: "isolate", refusedNow: undefined },
    ]);
  });

  test("comes before the release of the slot", () => {
    const plan = planOf({ facts, goals: someGoals({ ...released, allowPoolRebuild: true }) });
    const actions = stepsOf(plan);
    expect(actions.slice(-2)).toEqual(["release", "isolate"]);
    expect(plan.steps.at(-2)).toMatchObject({ purpose: "release", reason: "allocation_too_old" });
  });

  test("that no step could repair is never released", () => {
    const tried = new Set(order);
    const plan = planOf({ facts, goals: someGoals(released), progress: { ...noProgress, tried } });
    expect(stepsOf(plan)).toEqual(["isolate"]);
  });
});

test("a sound slot is only released", () => {
  expect(stepsOf(planOf({ facts: someFacts([]), goals: someGoals(released) }))).toEqual(["release"]);
  const progress = { ...noProgress, hasReleased: true };
  expect(stepsOf(planOf({ facts: someFacts([]), goals: someGoals(released), progress }))).toEqual([]);
});

test("a broken slot that is not to be repaired is released alone", () => {
  const goals = someGoals({ ...released, repairs: false });
  expect(stepsOf(planOf({ facts: someFacts(["head_invalid"]), goals }))).toEqual(["release"]);
});

test("an activity that cannot be known refuses the release, and permits nothing else", () => {
  const guards = { release: { reason: "activity_unknown", detail: "no processes are seen" } } as const;
  const facts = someFacts(["ref_invalid"], { isAllocated: true });
  expect(stepsOf(planOf({ facts, goals: someGoals(released), guards }))).toEqual([
    ...["restore_refs!allocated", "refetch_objects!allocated", "reclone!allocated"],
    ...["release!activity_unknown", "isolate"],
  ]);
});

test("the guards of a clone refuse the clone alone", () => {
  const diskSpace = { reason: "disk_space", detail: "1 MiB free" } as const;
  const facts = someFacts(["head_invalid"]);
  expect(stepsOf(planOf({ facts, guards: { diskSpace } }))).toEqual([
    "restore_links",
    "reclone!disk_space",
    "isolate",
  ]);
});

test("slots beside that are in use refuse a new main repository, not a new work tree", () => {
  const guards = { sharedRepository: { reason: "allocated", detail: "slot2 is allocated" } } as const;
  const goals = someGoals({ allowPoolRebuild: true });
  const main = someFacts(["main_repo_broken"], { layout: "worktree" });
  expect(stepsOf(planOf({ facts: main, goals, guards }))).toContain("reclone!allocated");
  const own = someFacts(["worktree_link_missing"], { layout: "worktree" });
  expect(stepsOf(planOf({ facts: own, goals, guards }))).toContain("reclone");
});

test("a main repository that was cloned again in the run is not cloned for each slot", () => {
  const facts = someFacts(["main_repo_broken"], { layout: "worktree" });
  const goals = someGoals({ allowPoolRebuild: true });
  const plan = planOf({ facts, goals, isMainRepositoryRebuilt: true });
  expect(stepsOf(plan)).not.toContain("reclone");
  const own = someFacts(["worktree_link_missing"], { layout: "worktree" });
  expect(stepsOf(planOf({ facts: own, goals, isMainRepositoryRebuilt: true }))).toContain("reclone");
});

test("what was tried is not tried again, and what a repair uncovered is planned", () => {
  const progress = { ...noProgress, tried: new Set(["restore_links"] as const) };
  const facts = someFacts(["head_branch_missing", "object_missing"]);
  expect(stepsOf(planOf({ facts, progress }))).toEqual([
    "restore_refs",
    "refetch_objects",
    "reclone",
    "isolate",
  ]);
});

test("work that could not be saved leaves isolation alone, also by force", () => {
  const progress = { ...noProgress, isSalvageIncomplete: true };
  const goals = someGoals({ force: true });
  expect(stepsOf(planOf({ facts: someFacts(["ref_invalid"]), goals, progress }))).toEqual(["isolate"]);
});

test("force makes an unrepaired slot available before it is isolated, once", () => {
  const facts = someFacts(["head_invalid"]);
  const goals = someGoals({ force: true });
  expect(stepsOf(planOf({ facts, goals })).slice(-2)).toEqual(["force", "isolate"]);
  const progress = { ...noProgress, hasForced: true };
  expect(stepsOf(planOf({ facts, goals, progress }))).not.toContain("force");
});

test("a pass that is not the last leaves a slot to the next", () => {
  const facts = someFacts(["head_invalid"]);
  const goals = someGoals({ isLastPass: false });
  expect(stepsOf(planOf({ facts, goals })).some(isolates)).toBe(false);
  const tried = new Set(recoverySteps.map(({ action }) => action));
  expect(stepsOf(planOf({ facts, goals, progress: { ...noProgress, tried } }))).toEqual([]);
});

test("a slot that must not be written is not isolated", () => {
  const isolation = { reason: "unsafe_path", detail: "slot.json leads out" } as const;
  const plan = planOf({ facts: someFacts(["slot_json_missing"]), guards: { isolation } });
  expect(stepsOf(plan)).toEqual(["restore_metadata", "isolate!unsafe_path"]);
});

test("after a step, a look that could not see everything proves nothing", () => {
  const facts = someFacts([], { isUnchecked: true });
  expect(stepsOf(planOf({ facts }))).toEqual([]);
  const progress = { ...noProgress, tried: new Set(["restore_refs"] as const) };
  expect(stepsOf(planOf({ facts, progress }))).toEqual(["isolate"]);
});

test("the state of a slot is decided last: with anything else broken, state_error waits", () => {
  expect(stepsOf(planOf({ facts: someFacts(["state_error", "head_invalid"]) }))).toEqual([
    "restore_links",
    "reclone",
    "isolate",
  ]);
  expect(stepsOf(planOf({ facts: someFacts(["state_error"]) }))).toEqual(["restore_metadata", "isolate"]);
});

test("a slot whose user may not write in it is cloned again, and not isolated", () => {
  expect(stepsOf(planOf({ facts: someFacts(["ownership"]) }))).toEqual(["reclone"]);
  const progress = { ...noProgress, tried: new Set(["reclone"] as const) };
  expect(stepsOf(planOf({ facts: someFacts(["ownership"]), progress }))).toEqual([]);
  expect(stepsOf(planOf({ facts: someFacts([], { isUnchecked: true }), progress }))).toEqual(["isolate"]);
});

test("a slot with a fault beside its rights is isolated if nothing helps", () => {
  const progress = { ...noProgress, tried: new Set(recoverySteps.map(({ action }) => action)) };
  const facts = someFacts(["ownership", "head_invalid"]);
  expect(stepsOf(planOf({ facts, progress }))).toEqual(["isolate"]);
});

test("each step names the fault that it helps against, and what stands alone names the first", () => {
  const { steps } = planOf({ facts: someFacts(["slot_json_missing", "index_corrupt"]) });
  expect(steps.map(({ action, reason }) => [action, reason])).toEqual([
    ["restore_metadata", "slot_json_missing"],
    ["rebuild_index", "index_corrupt"],
    ["refetch_objects", "index_corrupt"],
    ["reclone", "index_corrupt"],
    ["isolate", "slot_json_missing"],
  ]);
});

test("what a person forces is a release, and says so", () => {
  const { steps } = planOf({ facts: someFacts(["head_invalid"]), goals: someGoals({ force: true }) });
  expect(steps.find(({ purpose }) => purpose === "force")).toMatchObject({
    ...{ action: "release", reason: "forced", endsWhen: "step_done", refusedNow: undefined },
  });
});
