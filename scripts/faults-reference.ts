import { format } from "prettier";
import { corruptionReasons, type CorruptionReason } from "../src/anomalies/corruption-reason.ts";
import { depths } from "../src/inspection/finding.ts";
import type { LayoutKind } from "../src/pool/pool.ts";
import { planLadder } from "../src/recovery/plan-recovery.ts";
import { faults, type Fault } from "../test/support/fault-kit.ts";
import { reasonMeanings } from "./reason-meanings.ts";

/** The page docs/faults.md: every fault that the tests inject, and what becomes of it. */
export async function renderFaultMatrix(): Promise<string> {
  const rows = faults.map(
    (fault) =>
      `| ${fault.name} | ${fault.layouts.join(", ")} | ${fault.depth} | ${reasonOf(fault)} | ${repairOf(fault)} |`,
  );
  const page = `# Faults

<!-- Generated from test/support/fault-kit.ts by \`npm run docs:generate\`; do not edit. -->

Each row is injected into a real pool by test/faults/detection.test.ts, in each layout that it names, and has to be named at this depth, of this slot alone. A reason after a comma is that of the worktree layout, where the file is shared: the pool then has one problem \`main_repo_\` and the first reason, and every slot is \`main_repo_broken\`. Depths are in [reasons.md](reasons.md).

| fault | layouts | depth | reason | repair, least destructive first |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

/** The page docs/reasons.md: the closed set, each with its meaning and repair. */
export async function renderReasonsReference(): Promise<string> {
  const rows = corruptionReasons.map((reason) => {
    const repair = [...new Set((["clone", "worktree"] as const).map((layout) => ladderOf(reason, layout)))];
    return `| \`${reason}\` | ${reasonMeanings[reason]} | ${depthsOf(reason)} | ${repair.join("; in worktrees ")} |`;
  });
  const page = `# Reasons

<!-- Generated from src/anomalies/corruption-reason.ts and scripts/reason-meanings.ts by \`npm run docs:generate\`; do not edit. -->

Why a slot counts as corrupted. The set is closed: the same words are in \`check --json\`, in the label \`reason\` of the metrics and in the journal.

Depths, cheapest first: \`probe\` reads files and starts no program; \`plumbing\` asks git, in a directory of ours, what reading cannot settle; \`connectivity\` and \`full\` are the two ways of \`git fsck\` (\`--deep\`, and the rotation of \`serve\`). A fault counts where a second look shows it again. Packs are read whole by \`full\` alone; indexes of packs, commit-graphs and multi-pack-indexes over 1 MiB, and indexes over 64 MiB, are judged by size and header until then.

Repairs are tried in this order, each verified; when none is left the slot is isolated.

| reason | meaning | first seen by | repair |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

function reasonOf({ reason, scope, layouts }: Fault): string {
  const isShared = scope === "repository" && layouts.includes("worktree");
  return isShared ? `\`${reason}\`, \`main_repo_broken\`` : `\`${reason}\``;
}

function repairOf({ reason, scope, layouts }: Fault): string {
  const ladders = layouts.map((layout) =>
    ladderOf(layout === "worktree" && scope === "repository" ? "main_repo_broken" : reason, layout),
  );
  return [...new Set(ladders)].join("; in worktrees ");
}

function ladderOf(reason: CorruptionReason, layout: LayoutKind): string {
  return [...planLadder([reason], layout), "isolate"].map((action) => `\`${action}\``).join(", ");
}

/** Most reasons have a fault that a probe sees and others that need more. */
function depthsOf(reason: CorruptionReason): string {
  const seen = new Set(faults.filter((fault) => fault.reason === reason).map((fault) => fault.depth));
  return depths.filter((depth) => seen.has(depth)).join(", ") || "probe";
}
