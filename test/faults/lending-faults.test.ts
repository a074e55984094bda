import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { faults } from "../kit/faults/catalogue.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";

const number = 2;

describeEachLayout((layout, template) => {
  // A deep look takes too long before each allocation.
  const seen = faults.filter(
    ({ layouts, depth }) => layouts.includes(layout) && ["probe", "plumbing"].includes(depth),
  );
  const ofSettings = seen.filter(({ depth, reason }) => depth === "plumbing" && reason === "config_invalid");
  test.each([...ofSettings, ...sampleOf(seen, 2, `faults of ${layout} slots that are not lent`)])(
    "a slot with $name is not allocated",
    async ({ inject }) => {
      const { pool } = template;
      const slot = new SlotPlace(pool, number);
      workIn(slot);
      await rememberPool(pool);
      inject(slot);
      const { root, workspacesDir, stateDir } = pool;
      const manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
      const lent: string[] = [];
      for (let slot = await manager.allocateSlot("demo"); slot !== undefined;) {
        lent.push(slot.slotId);
        slot = await manager.allocateSlot("demo");
      }
      expect(lent).not.toContain(pool.slotId(number));
    },
  );
});
