import { expect, test } from "vitest";
import { defaultRecoveryOptions } from "../../../src/recovery/plan/recovery-options.ts";
import { goalsOf } from "../../../src/recovery/plan/slot-goals.ts";
import { aLongAllocatedSlot } from "../../kit/a-snapshot.ts";
import { aRequest, aTarget, slot, someFacts } from "./plan-kit.ts";

const repair = { kind: "corrupted_slot", ...slot, reasons: ["head_invalid"], detail: "HEAD" } as const;
const scope = { request: aRequest(), isLastPass: true };
const release = aLongAllocatedSlot();
const options = { ...defaultRecoveryOptions, forceReleaseLongAllocated: true };
const ending = { ...scope, request: aRequest({ options }) };
const old = { longAllocation: "allocation_too_old" } as const;

test("a fault that is gone asks for no repair", () => {
  const target = aTarget({ repair });
  expect(goalsOf(target, someFacts(["head_invalid"]), scope).repairs).toBe(true);
  expect(goalsOf(target, someFacts([]), scope).repairs).toBe(false);
  expect(goalsOf(aTarget(), someFacts(["head_invalid"]), scope).repairs).toBe(false);
});

test("an allocation that is no longer old is not ended", () => {
  const isOld = goalsOf(aTarget({ release }), someFacts([], old), ending);
  expect(isOld).toMatchObject({ release: "allocation_too_old", endsAllocation: true });
  const isYoung = goalsOf(aTarget({ release }), someFacts([]), ending);
  expect(isYoung).toMatchObject({ release: undefined, endsAllocation: false });
  const isLeft = goalsOf(aTarget({ repair }), someFacts([], old), scope);
  expect(isLeft).toMatchObject({ release: undefined, endsAllocation: false });
});

test("what would keep a slot from its release is repaired with it, if the run repairs at all", () => {
  const facts = someFacts(["remote_changed"], old);
  expect(goalsOf(aTarget({ release }), facts, ending).repairs).toBe(true);
  const leaves = { ...ending.request.options, recoverCorrupted: false };
  const request = aRequest({ options: leaves });
  expect(goalsOf(aTarget({ release }), facts, { ...ending, request }).repairs).toBe(false);
});

test("an isolation ends by a release that permits nothing else", () => {
  const goals = goalsOf(aTarget({ isIsolated: true }), someFacts([]), scope);
  expect(goals).toMatchObject({ release: "isolated", endsAllocation: false });
});

test("only a person names a slot", () => {
  const named = (trigger: "command" | "alert"): boolean =>
    goalsOf(aTarget(), someFacts([]), { ...scope, request: aRequest({ slotId: slot.slotId, trigger }) })
      .isNamed;
  expect([named("command"), named("alert")]).toEqual([true, false]);
});

test("a run comes to a slot for the first reason of its fault", () => {
  expect(goalsOf(aTarget({ repair }), someFacts([]), scope).reported).toBe("head_invalid");
  expect(goalsOf(aTarget({ release }), someFacts([]), scope).reported).toBe("");
});

test("what a request permits and the pass it is in come along; a person who names no slot names none", () => {
  const request = aRequest({
    ...{ trigger: "command", force: true },
    options: { ...defaultRecoveryOptions, allowPoolRebuild: true },
  });
  expect(goalsOf(aTarget(), someFacts([]), { request, isLastPass: false })).toMatchObject({
    ...{ force: true, allowPoolRebuild: true, isLastPass: false, isNamed: false },
  });
  expect(goalsOf(aTarget(), someFacts([]), scope)).toMatchObject({
    ...{ force: false, allowPoolRebuild: false, isLastPass: true },
  });
});
