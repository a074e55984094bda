import { afterAll, beforeEach, describe } from "vitest";
import type { RealPool } from "./real-pool.ts";
import { sampleLayouts } from "./sample.ts";
import { PoolTemplate } from "./working-slot.ts";

/** Defines the tests of a pool of each layout, or of one of them in a sample: the pool is as new before each of them. */
export function describeEachLayout(
  defineTests: (layout: RealPool["layout"], template: PoolTemplate) => void,
): void {
  describe.each(sampleLayouts("pools that are as new"))("in a %s pool", (layout) => {
    const template = new PoolTemplate(layout);
    beforeEach(() => {
      template.reset();
    });
    afterAll(() => {
      template.destroy();
    });
    defineTests(layout, template);
  });
}
