// `npm run bench -- compare DIR`: a few commands of this build beside those of another one, which has DIR/dist/main.js: a
// checkout of the last release, or where npm has installed it. Both take turns in one run, by CPU time of the process trees.
// Fails if the median of a command is 1.3 times the other's. BENCH_ATTEMPTS: 5 turns if it is not given.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { RealPool } from "../test/kit/real-pool.ts";
import { programFile } from "../test/kit/served-program.ts";
import { addHistory } from "../test/kit/working-slot.ts";
import { medianOf } from "./figure.ts";
import { measurePairs, ratiosOf, type Measured } from "./monorepo/costs.ts";

const limit = 1.3;
const slotCount = 20;
const attempts = Number(process.env["BENCH_ATTEMPTS"] ?? 5);
const other = resolve(process.argv[3] ?? "", "dist", "main.js");

/** A command of the program, and what is done to the slots before each turn. */
interface Sample {
  readonly args: string;
  readonly prepare?: (pool: RealPool) => void;
}

const hoursAgo = (hours: number): string =>
  formatPoolTime(new Date(Date.now() - hours * 3_600_000), systemTimeZone());

const samples: readonly Sample[] = [
  { args: "--version" },
  { args: "check --json" },
  { args: "check --deep --json" },
  {
    args: "release workspace-demo-slot1",
    prepare: (pool) => {
      writeFileSync(join(pool.slotPath(1), "unsaved.txt"), "work\n");
      pool.writeRecord(1, { state: "allocated", last_allocated_at: hoursAgo(1) });
    },
  },
  {
    args: "recover workspace-demo-slot2 --json",
    prepare: (pool) => {
      rmSync(join(pool.slotPath(2), ".git", "HEAD"));
    },
  },
  {
    args: "recover workspace-demo-slot3 --json",
    prepare: (pool) => {
      rmSync(join(pool.slotPath(3), ".git"), { recursive: true });
    },
  },
];

if (process.argv[3] === undefined || !existsSync(other)) {
  console.error("usage: npm run bench -- compare DIR, where DIR/dist/main.js is another build");
  process.exitCode = 2;
} else compareBuilds();

function compareBuilds(): void {
  const pool = new RealPool(slotCount);
  try {
    addHistory(pool, slotCount);
    console.log(
      "| command | CPU seconds | other build's | ratio | spread |\n| --- | ---: | ---: | ---: | ---: |",
    );
    const slower = samples.filter((sample) => compare(sample, pool) > limit);
    for (const { args } of slower) console.error(`${args} takes more than ${limit} times the CPU time`);
    if (slower.length > 0) process.exitCode = 1;
  } finally {
    pool.destroy();
  }
}

/** @returns the median of the ratios. */
function compare({ args, prepare }: Sample, pool: RealPool): number {
  const measured = (program: string): Measured => ({
    command: `${process.execPath} ${program} ${args} --workspaces-dir ${pool.workspacesDir}`,
    prepare: () => prepare?.(pool),
  });
  const pairs = measurePairs(measured(programFile), measured(other), attempts);
  const { ours, rivals, ratios } = ratiosOf(pairs, "cpuSeconds");
  const spread = [ratios.at(0), ratios.at(-1)].map((each) => each?.toFixed(2)).join(" to ");
  const ratio = medianOf(ratios);
  console.log(
    `| ${[`\`${args}\``, ours.toFixed(2), rivals.toFixed(2), ratio.toFixed(2), spread].join(" | ")} |`,
  );
  return ratio;
}
