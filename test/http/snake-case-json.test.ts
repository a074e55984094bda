import { expect, expectTypeOf, test } from "vitest";
import { toCamelCase, toSnakeCaseJson } from "../../src/http/snake-case-json.ts";

interface Value {
  readonly slotId: string;
  readonly allocatedAt: Date | undefined;
  readonly salvageId?: string;
  readonly allSlots: readonly { readonly isShared: boolean }[];
}

test("keys become snake_case, instants ISO 8601, and what is not known null", () => {
  const value: Value = { slotId: "a", allocatedAt: undefined, allSlots: [{ isShared: true }] };
  const json = toSnakeCaseJson(value);
  expect(json).toEqual({ slot_id: "a", allocated_at: null, all_slots: [{ is_shared: true }] });
  expect(toSnakeCaseJson(new Date("2026-05-04T12:00:00Z"))).toBe("2026-05-04T12:00:00.000Z");
  expectTypeOf(json).toEqualTypeOf<{
    readonly slot_id: string;
    readonly allocated_at: string | null;
    readonly salvage_id?: string;
    readonly all_slots: readonly { readonly is_shared: boolean }[];
  }>();
});

test("the fields of a request become camelCase, and those that were left out stay out", () => {
  const sent: { max_allocation_hours: number; force: boolean; dry_run?: boolean } = {
    max_allocation_hours: 4,
    force: true,
  };
  const fields = toCamelCase(sent);
  expect(fields).toEqual({ maxAllocationHours: 4, force: true });
  expect("dryRun" in fields).toBe(false);
});
