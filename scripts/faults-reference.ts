import { format } from "prettier";
import { corruptionReasons, type CorruptionReason } from "../src/anomalies/corruption-reason.ts";
import { depths } from "../src/inspection/finding.ts";
import type { LayoutKind } from "../src/pool/pool.ts";
import { selectSteps } from "../src/recovery/plan/select-steps.ts";
import { recoverySteps } from "../src/recovery/steps/step-registry.ts";
import { faults } from "../test/kit/faults/catalogue.ts";
import type { Fault } from "../test/kit/faults/fault.ts";
import { checkErrorMeanings, problemMeanings, reasonMeanings, refusalMeanings } from "./reason-meanings.ts";

/** The page docs/faults.md: every fault that the tests inject, and what becomes of it. */
export async function renderFaultMatrix(): Promise<string> {
  const rows = faults.map(
    (fault) =>
      `| ${fault.name} | ${fault.layouts.join(", ")} | ${fault.depth} | ${reasonOf(fault)} | ${repairOf(fault)} |`,
  );
  const page = `# Faults

<!-- Generated from test/kit/faults by \`npm run docs:generate\`; do not edit. -->

test/faults/detection.test.ts injects each row into a real pool, in each layout that it names. The fault must then be reported at this depth, with this reason, for this slot alone. If there are two reasons, the second is that of the worktree layout, in which the slots share the file. The pool then has a problem that is named \`main_repo_\` and the first reason, such as \`main_repo_ref_invalid\`, and every slot is \`main_repo_broken\`. Depths are in [reasons.md](reasons.md).

| fault | layouts | depth | reason | repair, least destructive first |
| --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

/** The page docs/reasons.md: the closed set, each with its meaning and repair. */
export async function renderReasonsReference(): Promise<string> {
  const rows = corruptionReasons.map((reason) => {
    const repair = [
      ...new Set((["clone", "worktree"] as const).map((layout) => stepsAgainst(reason, layout))),
    ];
    return `| \`${reason}\` | ${reasonMeanings[reason]} | ${depthsOf(reason)} | ${repair.join("; in worktrees ")} |`;
  });
  const page = `# Reasons

<!-- Generated from src/inspection/finding.ts, src/anomalies/corruption-reason.ts and scripts/reason-meanings.ts by \`npm run docs:generate\`; do not edit. -->

Why a slot counts as corrupted. The set is closed: the same words are in \`check --json\`, in the label \`reason\` of the metrics and in the journal.

Depths, cheapest first: \`probe\` reads files and starts no program; \`plumbing\` asks git, in a scratch repository, what reading cannot settle; \`connectivity\` and \`full\` are the two kinds of \`git fsck\` (\`--deep\`, and the deep checks of \`serve\`). A fault counts if a second look shows it again. Packs are read whole by \`full\` alone; indexes of packs, commit-graphs and multi-pack-indexes over 1 MiB, and indexes over 64 MiB, are judged by size and header until then.

Repairs are tried in the order of the table's last column, and the slot is checked after each. If none helps, the slot is isolated.

| reason | meaning | first seen by | repair |
| --- | --- | --- | --- |
${rows.join("\n")}

## Problems of a pool

What is wrong with a pool and is no anomaly of a slot: \`problems\` in \`check --json\`, and the label \`problem\` of \`repo_pool_problems\`. A fault of the main repository of a worktree pool is \`main_repo_\` and its reason.

${renderMeanings("problem", problemMeanings)}

## What could not be looked at

Entries of \`errors\` in \`check --json\`. What was not read is known neither as healthy nor as a fault.

${renderMeanings("code", checkErrorMeanings)}

## Why a step was refused

A guard refuses a step before it changes anything. These reasons are in \`recover --json\`, in the journal (\`history\`) and in the label \`reason\` of \`repo_pool_recovery_skipped_total\`.

${renderMeanings("reason", refusalMeanings)}
`;
  return format(page, { parser: "markdown", printWidth: 110 });
}

function renderMeanings(title: string, meanings: Readonly<Record<string, string>>): string {
  const rows = Object.entries(meanings).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [`| ${title} | meaning |`, "| --- | --- |", ...rows].join("\n");
}

/** What is broken, by the beginning of its reasons. */
const groups: readonly (readonly [string, RegExp])[] = [
  ["the slot and its metadata", /^(?:slot_|state_)/],
  ["HEAD", /^head_/],
  ["refs", /^(?:ref_|packed_refs_|git_refs_)/],
  ["objects and packs", /^(?:object_|pack_|git_objects_|alternates_|shallow_|commit_graph_|multi_pack_)/],
  ["the index", /^index_/],
  ["configuration and remote", /^(?:config_|remote_)/],
  ["links of a worktree", /^worktree_/],
  ["the repository as a whole", /^(?:git_missing|git_invalid|main_repo_|submodule_)/],
  ["locks that git left", /^git_lock_/],
];

/** The matrix in README.md: how many faults of each kind are injected, and what sees them. */
export function renderReadmeMatrix(): Promise<string> {
  const rows = groups.map(([what, reasons]) => {
    const ofGroup = faults.filter(({ reason }) => reasons.test(reason));
    const count = (of: (fault: Fault) => boolean): number => ofGroup.filter(of).length;
    const inLayouts = (["clone", "worktree"] as const).map((layout) =>
      count(({ layouts }) => layouts.includes(layout)),
    );
    const byDepth = [["probe"], ["plumbing"], ["connectivity", "full"]].map((seenBy) =>
      count(({ depth }) => seenBy.includes(depth)),
    );
    return `| ${[what, ...inLayouts, ...byDepth].map((cell) => (cell === 0 ? "" : cell)).join(" | ")} |`;
  });
  const table = `| what is broken | faults in clones | in worktrees | seen by reading files | by asking git | by \`--deep\` alone |
| --- | --: | --: | --: | --: | --: |
${rows.join("\n")}
`;
  return format(table, { parser: "markdown", printWidth: 110 });
}

/** A page with another text between its `<!-- NAME -->` and `<!-- /NAME -->`. @throws where it has no such place. */
export function replaceMarked(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [before, rest = ""] = page.split(begin);
  const [, after] = rest.split(end);
  if (before === undefined || after === undefined) throw new Error(`no place for ${name}`);
  return `${before}${begin}\n${text}\n${end}${after}`;
}

function reasonOf({ reason, scope, layouts }: Fault): string {
  const isShared = scope === "repository" && layouts.includes("worktree");
  return isShared ? `\`${reason}\`, \`main_repo_broken\`` : `\`${reason}\``;
}

function repairOf({ reason, scope, layouts }: Fault): string {
  const ladders = layouts.map((layout) =>
    stepsAgainst(layout === "worktree" && scope === "repository" ? "main_repo_broken" : reason, layout),
  );
  return [...new Set(ladders)].join("; in worktrees ");
}

function stepsAgainst(reason: CorruptionReason, layout: LayoutKind): string {
  const steps = selectSteps({ reasons: [reason], layout, isStateKnown: true }, recoverySteps);
  return [...steps.map(({ action }) => action), "isolate"].map((action) => `\`${action}\``).join(", ");
}

/** Most reasons have a fault that a probe sees and others that need more. */
function depthsOf(reason: CorruptionReason): string {
  const seen = new Set(faults.filter((fault) => fault.reason === reason).map((fault) => fault.depth));
  return depths.filter((depth) => seen.has(depth)).join(", ") || "probe";
}
