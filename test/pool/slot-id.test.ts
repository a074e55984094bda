import fc from "fast-check";
import { expect, test } from "vitest";
import { formatSlotId, isRepoName, parseSlotId } from "../../src/pool/slot-id.ts";

test.each(["my-slot3-repo", "my pool", "café", "cafe\u0301", "プール", 'a"b\\c', " led", "a%20b", "a&b<c>"])(
  "the slot_id of pool %j is read back as it was made",
  (repoName) => {
    expect(isRepoName(repoName)).toBe(true);
    expect(parseSlotId(formatSlotId(repoName, 12))).toEqual({ repoName, number: 12 });
  },
);

test.each([
  "",
  "workspace-demo-slot0",
  "workspace-demo-slot01",
  "workspace--slot1",
  "workspace-demo-slot1.lock",
  "workspace-.hidden-slot1",
  "workspace-a/b-slot1",
  "workspace-..-slot1",
  "workspace-locks-slot1",
  "workspace-a\nb-slot1",
])("%j is no slot_id", (text) => {
  expect(parseSlotId(text)).toBeUndefined();
});

test.each([
  "locks",
  ".repo-pool-sidecar",
  ".hidden",
  "-option",
  "a/b",
  "",
  "..",
  ".",
  "a\nb",
  "a\u0000b",
  "a\u2028b",
  "a\uFFFDb",
  "é".repeat(101),
])("%j names no pool", (name) => {
  expect(isRepoName(name)).toBe(false);
});

test("a slot_id says one pool and one number, or is none", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.integer({ min: 1, max: 999_999_999 }),
      (name, number) => {
        expect(parseSlotId(formatSlotId(name, number))).toEqual(
          isRepoName(name) ? { repoName: name, number } : undefined,
        );
      },
    ),
  );
});
