// `npm run bench -- sources`: what it costs to look at 100 and 1,000 work trees of one repository, and at as many
// checkouts, of 2,000 files each and of no pool manager, beside git asked in one after another: `check DIR` as a fresh
// process, and the collections of `serve` while nothing changes; and what `discover` costs of a home with 200,000
// directories, beside `find -type d`. BENCH_TREES, BENCH_FILES and BENCH_DIRECTORIES give other counts.
import { compareDiscover } from "./compare-discover.ts";
import { buildProgram, compareLooks, rounds } from "./compare-looks.ts";
import { LargeTrees } from "./large-trees.ts";

const treeCounts = (process.env["BENCH_TREES"] ?? "100,1000").split(",").map(Number);
const fileCount = Number(process.env["BENCH_FILES"] ?? 2000);
const directoryCount = Number(process.env["BENCH_DIRECTORIES"] ?? 200_000);
const reference = ["status", "rev-parse HEAD"];

/** How each layout is watched. */
const sourcesOf = {
  worktree: (directory: string) => `{ name: agents, kind: worktrees, repositories: ["${directory}/*"] }`,
  clone: (directory: string) => `{ name: runners, kind: checkouts, paths: ["${directory}/*"] }`,
};

buildProgram();
for (const layout of ["worktree", "clone"] as const) {
  const trees = new LargeTrees(layout, fileCount);
  const config = `sources: [${sourcesOf[layout](trees.directory)}]`;
  try {
    console.log(
      `\n${layout === "clone" ? "checkouts" : "work trees of one repository"}, ${fileCount} files each, median of ${rounds} rounds, warm file system`,
    );
    for (const treeCount of treeCounts)
      await compareLooks({ trees, reference, check: [trees.directory], config }, treeCount);
  } finally {
    trees.destroy();
  }
}
compareDiscover(directoryCount);
