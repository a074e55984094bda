import { expect, test } from "vitest";
import { formatSlotId, isRepoName, parseSlotId } from "../../src/pool/slot-id.ts";

test("a slot_id is read back as it was made", () => {
  expect(parseSlotId(formatSlotId("my-slot3-repo", 12))).toEqual({ repoName: "my-slot3-repo", number: 12 });
});

test.each([
  "",
  "workspace-demo-slot0",
  "workspace-demo-slot01",
  "workspace--slot1",
  "workspace-demo-slot1.lock",
])("%j is no slot_id", (text) => {
  expect(parseSlotId(text)).toBeUndefined();
});

test.each(["locks", ".repo-pool-sidecar", ".hidden", "-option", "a/b", ""])("%j names no pool", (name) => {
  expect(isRepoName(name)).toBe(false);
});
