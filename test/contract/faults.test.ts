import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  renderFaultMatrix,
  renderReadmeMatrix,
  renderReasonsReference,
  replaceMarked,
} from "../../scripts/faults-reference.ts";
import { corruptionReasons } from "../../src/anomalies/corruption-reason.ts";
import { faults } from "../kit/faults/catalogue.ts";

test.each([
  ["docs/faults.md", renderFaultMatrix],
  ["docs/reasons.md", renderReasonsReference],
])("%s is what the source says", async (file, render) => {
  expect(readFileSync(file, "utf8"), "run npm run docs:generate").toBe(await render());
});

test("README shows the matrix of the faults, each in one row", async () => {
  const readme = readFileSync("README.md", "utf8");
  const matrix = await renderReadmeMatrix();
  expect(readme, "run npm run docs:generate").toBe(replaceMarked(readme, "faults", matrix));
  const counts = [...matrix.matchAll(/\| +(\d*) +\| +(\d*) +\| +(\d*) +\|$/gm)].flatMap(([, ...cells]) =>
    cells.map(Number),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(faults.length);
});

test("every reason has a fault that is injected for real", () => {
  const injected = new Set<string>(faults.map(({ reason }) => reason));
  // Faults of shared repositories in the worktree layout end in this one.
  injected.add("main_repo_broken");
  // Only where no record says who uses a slot: test/integration/sources.test.ts ends the process that locked a work tree.
  injected.add("worktree_lock_stale");
  expect(corruptionReasons.filter((reason) => !injected.has(reason))).toEqual([]);
});
