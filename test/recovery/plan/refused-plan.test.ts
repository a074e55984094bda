import { expect, test } from "vitest";
import { firstAction, refusedPlan } from "../../../src/recovery/plan/refused-plan.ts";
import { recoverySteps } from "../../../src/recovery/steps/step-registry.ts";
import { aCorruptedSlot, aLongAllocatedSlot } from "../../kit/a-snapshot.ts";
import { aTarget, slot } from "./plan-kit.ts";

const paused = { reason: "paused", detail: "paused by ann" } as const;
const planOf = (given: Parameters<typeof aTarget>[0]) => refusedPlan(aTarget(given), paused, recoverySteps);

test("a refused repair names the fault and the step that it would begin with", () => {
  expect(planOf({ repair: aCorruptedSlot({ reasons: ["index_corrupt", "head_invalid"] }) })).toEqual({
    ...slot,
    reasons: ["index_corrupt", "head_invalid"],
    steps: [
      {
        ...{ action: "restore_links", purpose: "repair", reason: "index_corrupt" },
        ...{ endsWhen: "check_passes", refusedNow: paused },
      },
    ],
  });
});

test("a refused release has no faults, and the reason of the allocation", () => {
  expect(planOf({ release: aLongAllocatedSlot() })).toEqual({
    ...slot,
    reasons: [],
    steps: [
      {
        ...{ action: "release", purpose: "release", reason: "allocation_too_old" },
        ...{ endsWhen: "step_done", refusedNow: paused },
      },
    ],
  });
  expect(planOf({}).steps).toMatchObject([{ action: "release", reason: "" }]);
});

test("a fault that no step helps against ends in isolation", () => {
  const repair = aCorruptedSlot({ reasons: ["head_invalid"] });
  expect(firstAction({ repair }, [])).toBe("isolate");
});

test("a slot whose state cannot be told from others' is planned like a clone whose state is known", () => {
  expect(firstAction({ repair: aCorruptedSlot({ reasons: ["slot_missing"] }) }, recoverySteps)).toBe(
    "reclone",
  );
});
