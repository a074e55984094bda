// `npm run bench -- detect`: what it costs to look at pools of 10, 200 and 1,000 slots of 2,000 files, beside the
// reference method: `check` as a fresh process, and the collections of `serve` while nothing changes. Also how long
// /metrics waits while every slot is probed for the first time. BENCH_LAYOUT: clone (the default) or worktree.
// BENCH_OLDER: the main.js of an older build, to be compared in the same run.
import { buildProgram, compareLooks, rounds } from "./compare-looks.ts";
import { LargePool } from "./large-pool.ts";

const slotCounts = (process.env["BENCH_SLOTS"] ?? "10,200,1000").split(",").map(Number);
const fileCount = 2000;
const layout = process.env["BENCH_LAYOUT"] === "worktree" ? "worktree" : "clone";
const reference = ["rev-parse --git-dir", "status", "rev-parse HEAD"];

buildProgram();
const trees = new LargePool(layout, fileCount);
try {
  console.log(`${layout} layout, ${fileCount} files a slot, median of ${rounds} rounds, warm file system`);
  for (const slotCount of slotCounts)
    await compareLooks({ trees, reference, check: [], config: "" }, slotCount);
} finally {
  trees.destroy();
}
