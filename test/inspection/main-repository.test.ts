import { join } from "node:path";
import { expect, test } from "vitest";
import { openMainRepository } from "../../src/inspection/probe/main-repository.ts";
import { SlotReader } from "../../src/platform/slot-reader.ts";
import type { Pool, Slot } from "../../src/pool/pool.ts";
import { aFolder } from "../git/a-folder.ts";

test("a fault of the branch that is named after a slot is that slot's, with any name of the pool", () => {
  const directory = aFolder({
    ".main_repo/HEAD": "ref: refs/heads/main\n",
    ".main_repo/config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
    ".main_repo/objects/info/packs": "",
    ".main_repo/refs/heads/worktree/my-pool/slot1": "no object id\n",
  });
  const slot = { slotId: "workspace-my pool-slot1", repoName: "my pool", number: 1 };
  const slots = [{ ...slot, path: join(directory, "worktrees", "slot1") } as Slot];
  const pool = { repoName: "my pool", directory, layout: "worktree", slots } as unknown as Pool;
  const found = openMainRepository(new SlotReader(), pool)?.inspection.findingsBySlot.get(slot.slotId);
  expect(found?.map(({ code }) => code)).toEqual(["ref_invalid"]);
});
