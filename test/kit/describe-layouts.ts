import { afterAll, beforeEach, describe } from "vitest";
import { PlainRepositories } from "./plain-repositories.ts";
import type { RealPool } from "./real-pool.ts";
import { sampleLayouts, sampleOf } from "./sample.ts";
import { PoolTemplate } from "./working-slot.ts";

/** Defines the tests of a pool of each layout, or of one of them in a sample: the pool is as new before each of them. */
export function describeEachLayout(
  defineTests: (layout: RealPool["layout"], template: PoolTemplate) => void,
): void {
  describe.each(sampleLayouts("pools that are as new"))("in a %s pool", (layout) => {
    defineTests(layout, renew(new PoolTemplate(layout)));
  });
}

const sourceKinds = [
  { kind: "worktrees", layout: "worktree" },
  { kind: "checkouts", layout: "clone" },
] as const;

/** The same of the kinds of sources without a pool manager: their repositories lie as slots of the layout do. */
export function describeEachSource(
  what: string,
  defineTests: (source: (typeof sourceKinds)[number], template: PoolTemplate) => void,
): void {
  describe.each(sampleOf(sourceKinds, 1, "kinds of sources"))(
    `${what} of a source of kind $kind`,
    (source) => {
      defineTests(source, renew(new PoolTemplate(source.layout, 3, PlainRepositories)));
    },
  );
}

function renew(template: PoolTemplate): PoolTemplate {
  beforeEach(() => {
    template.reset();
  });
  afterAll(() => {
    template.destroy();
  });
  return template;
}
