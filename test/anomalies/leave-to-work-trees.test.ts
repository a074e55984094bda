import { expect, test } from "vitest";
import { leaveToWorkTrees } from "../../src/anomalies/leave-to-work-trees.ts";
import type { InspectedPool } from "../../src/inspection/inspection-result.ts";
import type { Finding } from "../../src/inspection/finding.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { aFinding, anInspection, aSlotOnDisk } from "../kit/an-inspection.ts";

const tree = "/src/api-fix";
const ofIndex = aFinding("index_corrupt", { path: "/src/api/.git/worktrees/api-fix/index" });
const ofLink = aFinding("worktree_link_invalid", { path: `${tree}/.git` });

function aSourcePool(layout: Pool["layout"], path: string, findings: readonly Finding[]): InspectedPool {
  const slot = aSlotOnDisk({ path });
  const pool = { layout, source: {}, slots: [slot] } as unknown as Pool;
  return { pool, inspections: [anInspection({ slot, findings })] };
}

/** What is left of findings of the checkout, beside those of its linked work tree. */
function left(ofCheckout: readonly Finding[], ofTree: readonly Finding[], path = tree): readonly Finding[] {
  const pools = [aSourcePool("clone", "/src/api", ofCheckout), aSourcePool("worktree", path, ofTree)];
  return leaveToWorkTrees(pools)[0]!.inspections[0]!.findings;
}

test("a fault that a linked work tree tells is not the checkout's", () => {
  expect(left([ofIndex], [ofIndex])).toEqual([]);
});

test("neither is another in the registration of one that is broken itself", () => {
  expect(left([{ ...ofIndex, workTree: tree }], [ofLink])).toEqual([]);
});

test("the checkout tells of a work tree in which nothing is found, and of one that is no slot", () => {
  const findings = [{ ...ofIndex, workTree: tree }];
  expect(left(findings, [])).toEqual(findings);
  expect(left(findings, [ofLink], "/src/other")).toEqual(findings);
});
