import { expect, test } from "vitest";
import { PlanExecution, type LockedSlot } from "../../../src/recovery/execute/execute-plan.ts";
import type { ActionResult } from "../../../src/recovery/execute/recovery-context.ts";
import type { StepEnd } from "../../../src/recovery/execute/recovery-run.ts";
import { planSlot, type GuardFacts, type SlotProgress } from "../../../src/recovery/plan/plan-slot.ts";
import { defaultRecoveryOptions, type RecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import type { SlotPlan } from "../../../src/recovery/plan/recovery-plan.ts";
import type { SlotTarget } from "../../../src/recovery/plan/select-targets.ts";
import type { SlotFacts } from "../../../src/recovery/plan/slot-facts.ts";
import type { SlotGoals } from "../../../src/recovery/plan/slot-goals.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";
import type { Refusal } from "../../../src/recovery/refusal.ts";
import { aLongAllocatedSlot } from "../../kit/a-snapshot.ts";
import { aRequest, aTarget, slot, someFacts } from "../plan/plan-kit.ts";

interface Script {
  /** What each look finds, in turn; the last is found again and again. */
  readonly looks: readonly (SlotFacts | undefined)[];
  /** How steps end; what is not named is done. */
  readonly ends?: Readonly<Record<string, Partial<ActionResult>>>;
  readonly guards?: GuardFacts;
  /** What a fleet's budget says to a clone. */
  readonly overBudget?: Refusal;
}

/** A slot that exists only in a script; what is done to it is kept. */
class ScriptedSlot implements LockedSlot {
  readonly events: string[] = [];
  readonly #script: Script;
  #lookCount = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  look({ isDeep }: { isDeep: boolean }): Promise<SlotFacts | undefined> {
    const { looks } = this.#script;
    const facts = looks[Math.min(this.#lookCount++, looks.length - 1)];
    this.events.push(isDeep ? "look deep" : "look");
    return Promise.resolve(facts === undefined ? undefined : { ...facts, isDeep });
  }

  plan(facts: SlotFacts, goals: SlotGoals, progress: SlotProgress): Promise<SlotPlan> {
    const guards = this.#script.guards ?? {};
    return Promise.resolve(
      planSlot({ facts, goals, guards, progress, isMainRepositoryRebuilt: false }, recoverySteps),
    );
  }

  claimClone(): Promise<Refusal | undefined> {
    return Promise.resolve(this.#script.overBudget);
  }

  async take(...[step, { because, verify }]: Parameters<LockedSlot["take"]>): Promise<StepEnd> {
    const name = step.purpose === "force" ? "force" : step.action;
    this.events.push(step.action === "isolate" ? `isolate: ${because}` : name);
    const end = { outcome: "done" as const, detail: `${name} ended`, ...this.#script.ends?.[name] };
    return verify === undefined ? end : verify(end);
  }

  remember(): Promise<void> {
    this.events.push("remember");
    return Promise.resolve();
  }

  refuse(...[action, { reason }]: Parameters<LockedSlot["refuse"]>): void {
    this.events.push(`${action} refused: ${reason}`);
  }

  fail(message: string): void {
    this.events.push(`error: ${message}`);
  }

  count(result: string): void {
    this.events.push(`count ${result}`);
  }

  isStopped(): boolean {
    return false;
  }
}

const repair = {
  kind: "corrupted_slot",
  ...slot,
  reasons: ["head_invalid"],
  detail: "HEAD is empty",
} as const;
const broken = someFacts(["head_invalid"]);
const sound = someFacts([]);

async function execute(
  script: Script,
  target: Partial<SlotTarget> = { repair },
  scope: {
    force?: boolean;
    isLastPass?: boolean;
    slotId?: string;
    options?: Partial<RecoveryOptions>;
  } = {},
) {
  const locked = new ScriptedSlot(script);
  const { force = false, isLastPass = true, slotId } = scope;
  const options = { ...defaultRecoveryOptions, forceReleaseLongAllocated: target.release !== undefined };
  const request = aRequest({ force, slotId, options: { ...options, ...scope.options } });
  const execution = new PlanExecution(aTarget(target), locked, { request, rules: recoverySteps, isLastPass });
  return { end: await execution.run(), events: locked.events };
}

test("the first step after which a deep look finds nothing ends the plan", async () => {
  const { end, events } = await execute({ looks: [broken, sound, sound] });
  expect(events).toEqual([
    ...["look", "restore_links", "look", "look deep", "remember", "count corruptedRecovered"],
  ]);
  expect(end).toBe("repaired");
});

test("a moved lock needs no deep look: it leaves the content alone", async () => {
  const locked = someFacts(["git_lock_stale"]);
  const { events } = await execute({ looks: [locked, sound] });
  expect(events).toEqual(["look", "move_git_lock", "look", "remember", "count corruptedRecovered"]);
});

test("a slot that stays allocated is judged by the check that reported it", async () => {
  const lent = { isAllocated: true };
  const { events } = await execute({ looks: [someFacts(["head_invalid"], lent), someFacts([], lent)] });
  expect(events).not.toContain("look deep");
  expect(events).toContain("count corruptedRecovered");
});

test("what a deep look uncovers is repaired too", async () => {
  const deeper = someFacts(["object_missing"]);
  const { events } = await execute({ looks: [broken, sound, deeper, sound, sound] });
  expect(events.filter((event) => /^[a-z]+_[a-z]+$/.test(event))).toEqual([
    "restore_links",
    "refetch_objects",
  ]);
});

test("a step is taken again for what it uncovers, and once for each reason", async () => {
  const uncovered = someFacts(["config_unsafe"]);
  const { events } = await execute({ looks: [broken, uncovered, broken] }, { repair }, { isLastPass: false });
  expect(events.filter((event) => event.startsWith("restore_"))).toEqual(["restore_links", "restore_links"]);
});

test("a slot that no step repairs is isolated with what the last one said", async () => {
  const { events } = await execute({
    looks: [broken],
    ends: { reclone: { outcome: "failed", detail: "no remote" } },
  });
  expect(events.slice(-3)).toEqual([
    "isolate: head_invalid: no remote",
    "count corruptedIsolated",
    "error: workspace-demo-slot1 was isolated: no remote",
  ]);
});

test("in a pass that is not the last, it remains", async () => {
  const { end, events } = await execute({ looks: [broken] }, { repair }, { isLastPass: false });
  expect(end).toBe("remains");
  expect(events.join()).not.toContain("isolate");
});

test("a refused step ends the plan", async () => {
  const diskSpace = { reason: "disk_space", detail: "full" } as const;
  const { events } = await execute({ looks: [broken], guards: { diskSpace } });
  expect(events).toEqual(["look", "restore_links", "look", "reclone refused: disk_space"]);
});

test.each(["disk_space", "state_unwritable"])(
  "a step that fails for %s ends the plan, is told, and isolates nothing",
  async (reason) => {
    const ends = { restore_links: { outcome: "failed", reason, detail: "not written" } } as const;
    const { events } = await execute({ looks: [broken], ends });
    const error = "error: workspace-demo-slot1 was not repaired: not written";
    expect(events).toEqual(["look", "restore_links", "look", error]);
  },
);

test("a person's force that is refused because nothing can be saved isolates nothing", async () => {
  const failed = { outcome: "failed", detail: "no remote" } as const;
  const force = { outcome: "refused", reason: "state_unwritable", detail: "not written" } as const;
  const ends = { restore_links: failed, reclone: failed, force };
  const { events } = await execute({ looks: [broken], ends }, { repair }, { force: true });
  expect(events.at(-1)).toBe("force");
});

test("a clone that a fleet's budget refuses ends the plan, and steps that do not clone never ask", async () => {
  const overBudget = { reason: "budget", detail: "used up" } as const;
  const { events } = await execute({ looks: [broken], overBudget });
  expect(events).toEqual(["look", "restore_links", "look", "reclone refused: budget"]);
});

test("work that cannot be saved ends in isolation, and nothing else is tried", async () => {
  const refs = someFacts(["ref_invalid"]);
  const ends = {
    restore_refs: { outcome: "refused", reason: "salvage_incomplete", detail: "full" },
  } as const;
  const { events } = await execute({ looks: [refs], ends }, { repair }, { force: true });
  expect(events.slice(0, 4)).toEqual(["look", "restore_refs", "look", "isolate: head_invalid: full"]);
});

test("a slot beside that is in use leaves the slot as it is", async () => {
  const ends = { restore_links: { outcome: "refused", reason: "lock_held", detail: "slot2" } } as const;
  const { events } = await execute({ looks: [broken], ends });
  expect(events).toEqual(["look", "restore_links", "look"]);
});

test("force makes the slot available instead of isolating it; if that fails, it is isolated", async () => {
  const tries = { looks: [broken] };
  expect((await execute(tries, { repair }, { force: true })).events.at(-1)).toBe("force");
  const ends = { force: { outcome: "failed", detail: "gone" } } as const;
  const failed = await execute({ ...tries, ends }, { repair }, { force: true });
  expect(failed.events).toContain("count corruptedIsolated");
});

test("a fault that is gone is said to be, and nothing is done", async () => {
  expect((await execute({ looks: [sound] })).events).toEqual(["look", "restore_links refused: fault_gone"]);
  expect((await execute({ looks: [undefined] })).events).toEqual([
    "look",
    "restore_links refused: fault_gone",
  ]);
});

const old = { isAllocated: true, longAllocation: "allocation_too_old" } as const;
const release = aLongAllocatedSlot();

test("a long allocated slot that is broken is repaired first, proven, then released", async () => {
  const looks = [someFacts(["head_invalid"], old), someFacts([], old), someFacts([], old)];
  const { events } = await execute({ looks }, { repair, release });
  expect(events).toEqual([
    ...["look", "restore_links", "look", "look deep", "remember", "count corruptedRecovered"],
    ...["release", "count longAllocatedReleased"],
  ]);
});

test("a fault that only the look under the lock shows is repaired before the release, in a run that repairs", async () => {
  const looks = [someFacts(["head_invalid"], old), someFacts([], old)];
  const named = await execute({ looks }, { release }, { slotId: slot.slotId });
  expect(named.events).toContain("restore_links");
  expect(named.events).toContain("release");
  const options = { recoverCorrupted: false };
  const unnamed = await execute({ looks }, { release }, { options });
  expect(unnamed.events).not.toContain("restore_links");
});

test("a repair that renews slot.json's time does not keep the slot from its release", async () => {
  const looks = [someFacts(["head_invalid"], old), someFacts([], { isAllocated: true })];
  const { events } = await execute({ looks }, { repair, release });
  expect(events).toContain("count longAllocatedReleased");
});

test("an old allocation that the repair of slot.json brings to light ends in the same run", async () => {
  const looks = [someFacts(["slot_json_invalid"], { isStateKnown: false }), someFacts([], old)];
  const options = { forceReleaseLongAllocated: true };
  const { events } = await execute({ looks }, { repair }, { options });
  expect(events.slice(-2)).toEqual(["release", "count longAllocatedReleased"]);
});

test("an allocation that is no longer old is left alone", async () => {
  const { events } = await execute({ looks: [someFacts([], { isAllocated: true })] }, { release });
  expect(events).toEqual(["look", "release refused: fault_gone"]);
});

test("a release that leaves the slot unusable is an error", async () => {
  const ends = { release: { outcome: "failed", detail: "cleanup_failed" } } as const;
  const { events } = await execute({ looks: [someFacts([], old)], ends }, { release });
  expect(events.at(-1)).toBe("error: workspace-demo-slot1 was not released: cleanup_failed");
  expect(events).not.toContain("count longAllocatedReleased");
});

test("an isolated slot that is sound is released, and counts as no long allocation", async () => {
  const { events } = await execute({ looks: [sound] }, { isIsolated: true });
  expect(events).toEqual(["look", "release"]);
});

test("a state that was lost is decided by a deep look, after every other repair", async () => {
  const lost = { isStateKnown: false };
  const looks = [
    someFacts(["slot_json_missing", "head_invalid"], lost),
    someFacts(["state_error", "head_invalid"], lost),
    someFacts(["state_error"], lost),
    someFacts(["state_error"], lost),
    sound,
    sound,
  ];
  const { events } = await execute({ looks });
  expect(events).toEqual([
    ...["look", "restore_metadata", "look", "restore_links", "look"],
    ...["look deep", "restore_metadata", "look", "look deep", "remember", "count corruptedRecovered"],
  ]);
});

test("a step that changed nothing of what is wrong had no effect", async () => {
  const locked = new ScriptedSlot({ looks: [broken] });
  const ends: StepEnd[] = [];
  const take = locked.take.bind(locked);
  locked.take = async (...args) => {
    const end = await take(...args);
    ends.push(end);
    return end;
  };
  const scope = { request: aRequest(), rules: recoverySteps, isLastPass: false };
  await new PlanExecution(aTarget({ repair }), locked, scope).run();
  expect(ends.map(({ outcome }) => outcome)).toEqual(["no_effect", "no_effect"]);
});
