import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { armDiversion, diversions, trapPlaceOf } from "../kit/arm-traps.ts";
import { sampledFaults } from "../kit/faults/catalogue.ts";
import { restoreTo, saveAndRestore, salvagePlaceOf } from "../kit/salvage-place.ts";
import { sampleLayouts, sampleOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const number = 2;

describe.each(sampleLayouts("salvages of faults"))("in a %s pool", (layout) => {
  const template = new PoolTemplate(layout, 2);
  beforeEach(() => {
    template.reset();
  });
  afterAll(() => {
    template.destroy();
  });

  // Of a repository that is in its place: a slot that is gone, or is somebody else's, has nothing to be saved here.
  const isElsewhere = /^(?:slot_|state_|git_missing)/;
  const ofLayout = sampledFaults.filter(
    ({ layouts, reason, name }) =>
      layouts.includes(layout) && !isElsewhere.test(reason) && !name.includes("leads out of the pool"),
  );
  test.each(sampleOf(ofLayout, 3, `salvage of ${layout} faults`))(
    "every piece of work that was readable comes back after: $name",
    async (fault) => {
      const { pool } = template;
      const slot = new SlotPlace(pool, number);
      workIn(slot);
      fault.inject(slot);
      const readable = readableMarkers(slot.path, slot.commonDirectory);
      expect(readable.size).toBeGreaterThan(0);
      const directory = await saveAndRestore(pool, number);
      const restored = readableMarkers(directory);
      expect([...readable].filter((marker) => !restored.has(marker))).toEqual([]);
    },
  );

  test.each(sampleOf(diversions, 2, `salvage of ${layout} diversions`))(
    "nothing outside is changed or run by saving and restoring where $name",
    async (diversion) => {
      const { pool } = template;
      const traps = armDiversion(diversion, trapPlaceOf(pool.slotPath(number), join(pool.root, "traps")));
      const result = await saveWork(salvagePlaceOf(pool, number), "test");
      if (result.kind === "saved") rmSync(await restoreTo(pool, result.salvageId), { recursive: true });
      expect(["saved", "incomplete"]).toContain(result.kind);
      expect(traps.fired()).toEqual([]);
      expect(traps.changedOutside()).toEqual([]);
    },
  );
});
