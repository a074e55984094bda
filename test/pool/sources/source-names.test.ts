import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSlotId } from "../../../src/pool/slot-id.ts";
import { formatSourceSlotId, isSourceSlotId, safeName } from "../../../src/pool/sources/source-names.ts";

test.each(["fix-login", "with space", "two\nlines", "ümlaut", "-rf", "...", "x".repeat(300), "a/b"])(
  "a slot_id is made of the name %j, for labels and files",
  (name) => {
    const slotId = formatSourceSlotId("agents-api", `/trees/${name}`);
    expect(slotId).toMatch(/^agents-api-[A-Za-z0-9._-]{1,60}-[0-9a-f]{6}$/);
    expect(isSourceSlotId(slotId)).toBe(true);
    expect(parseSlotId(slotId)).toBeUndefined();
  },
);

test("two directories of one name have two slot_ids, which stay the same", () => {
  const [one, other] = ["/a/fix", "/b/fix"].map((path) => formatSourceSlotId("api", path));
  expect(one).not.toBe(other);
  expect(formatSourceSlotId("api", "/a/fix")).toBe(one);
});

test("a name is never hidden, never an option, and never empty", () => {
  expect(["..", "--x", ""].map(safeName)).toEqual(["x", "x", "x"]);
});

test("the slot_id of a pool manager is none of a source's", () => {
  expect(isSourceSlotId("workspace-demo-slot123456")).toBe(false);
});

test("any path makes a slot_id of a source's form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      expect(isSourceSlotId(formatSourceSlotId("api", `/${path}`))).toBe(true);
    }),
  );
});
