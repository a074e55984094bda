import { expect, test } from "vitest";
import { inferMissingSlots } from "../../src/pool/pool-store.ts";

const present = (...numbers: number[]) => numbers.map((number) => ({ number }));

test("a gap in the numbers tells which slot is missing", () => {
  expect(inferMissingSlots(present(1, 3), { numSlots: 3 }, []).numbers).toEqual([2]);
  expect(inferMissingSlots(present(1, 2), { numSlots: 3 }, []).numbers).toEqual([3]);
});

test("the remembered numbers decide if the numbering does not", () => {
  expect(inferMissingSlots(present(1, 5), { numSlots: 3 }, [1, 4, 5]).numbers).toEqual([4]);
});

test("a numbering that can be read in two ways is a problem, not a guess", () => {
  const { numbers, problems } = inferMissingSlots(present(1, 5), { numSlots: 3 }, []);
  expect(numbers).toEqual([]);
  expect(problems.map(({ code }) => code)).toEqual(["missing_slot_ambiguous"]);
});

test("nothing is missing without a record, or with enough slots", () => {
  expect(inferMissingSlots(present(1), undefined, []).numbers).toEqual([]);
  expect(inferMissingSlots(present(1, 2, 3, 4), { numSlots: 3 }, []).numbers).toEqual([]);
});
