import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { managerOf } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

describe.each(["clone", "worktree"] as const)(
  "a file HEAD, which git may take for the revision (%s)",
  (layout) => {
    test("does not keep a slot from being allocated and released", async () => {
      pool = new RealPool(1, layout);
      const slot = pool.slotPath(1);
      writeFileSync(join(slot, "HEAD"), "of a fixture\n");
      git(slot, "add", "HEAD");
      git(slot, "commit", "-q", "-m", "a file of that name");
      const manager = managerOf(pool);
      await manager.allocateSlot("demo");
      writeFileSync(join(slot, "file.txt"), "edited\n");
      expect(await manager.releaseSlotDetailed(pool.slotId(1))).toMatchObject({ kind: "released" });
      expect(readFileSync(join(slot, "file.txt"), "utf8")).toBe("content\n");
    });

    test("makes no work unknown", async () => {
      pool = new RealPool(1, layout);
      const slot = pool.slotPath(1);
      writeFileSync(join(slot, "HEAD"), "of a fixture\n");
      git(slot, "worktree", "add", "-q", "--detach", "inner");
      const { gitDirectory, commonDirectory } = new SlotPlace(pool, 1);
      const kinds = await readUnsavedWork({ gitDirectory, commonDirectory }, slot, {
        holdsRecord: layout === "clone",
        timeoutSeconds: 60,
      });
      expect(kinds).toEqual(["untracked"]);
    });
  },
);
