// `npm run bench -- monorepo`: what a slot of a big repository costs, each beside git (or tar) in the same run, as ratios of
// CPU time of the process trees, with the smallest and the largest of several attempts. BENCH_FILES, BENCH_COMMITS,
// BENCH_BRANCHES and BENCH_TAGS give another size, BENCH_EDITS and BENCH_BUILD_MIB other work, BENCH_ATTEMPTS another
// number of attempts. Needs a build.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programFile } from "../test/kit/served-program.ts";
import { BigPool, hoursAgo } from "./monorepo/big-pool.ts";
import { pathOfFile } from "./monorepo/big-repository.ts";
import { watchBusySlots } from "./monorepo/busy-slots.ts";
import {
  measurePairs,
  ratiosOf,
  mebibytesOf,
  type Cost,
  type CostPair,
  type Measured,
} from "./monorepo/costs.ts";
import { doRealWork, tarOfWork } from "./monorepo/real-work.ts";
import { medianOf, recordFigure } from "./figure.ts";

const sizeOf = (name: string, usual: number): number => Number(process.env[`BENCH_${name}`] ?? usual);
const size = {
  files: sizeOf("FILES", 20_000),
  commits: sizeOf("COMMITS", 2000),
  branches: sizeOf("BRANCHES", 5000),
  tags: sizeOf("TAGS", 20_000),
};
const work = {
  edits: sizeOf("EDITS", 3000),
  commits: 200,
  stashes: 5,
  buildMebibytes: sizeOf("BUILD_MIB", 1024),
};
const attempts = sizeOf("ATTEMPTS", 3);
const pool = new BigPool([1, 2, 3]);
const [clean, worked, broken] = [1, 2, 3] as const;
const program = (args: string): string =>
  `${process.execPath} ${programFile} ${args} --workspaces-dir ${pool.workspacesDir}`;

const units: Readonly<Record<keyof Cost, string>> = {
  cpuSeconds: "CPU s",
  readMebibytes: "MiB read",
  writtenMebibytes: "MiB written",
};

function compare(what: string, rival: string, ours: Measured, rivals: Measured): CostPair[] {
  const pairs = measurePairs(ours, rivals, attempts);
  report(what, rival, pairs, "cpuSeconds");
  return pairs;
}

function report(what: string, rival: string, pairs: readonly CostPair[], by: keyof Cost): void {
  const unit = units[by];
  const { ours, rivals, ratios } = ratiosOf(pairs, by);
  recordFigure({ what, rival, unit, ours, rivals, ratios });
  const spread = [ratios.at(0), ratios.at(-1)].map((ratio) => ratio?.toFixed(1)).join(" to ");
  const figures = [ours, rivals].map((figure) => `${figure.toFixed(2)} ${unit}`);
  console.log(`| ${[what, rival, ...figures, medianOf(ratios).toFixed(1), spread].join(" | ")} |`);
}

function measureChecks(): void {
  compare(
    "`check`",
    "`git for-each-ref` in each slot",
    { command: program("check --json") },
    { command: pool.inEachSlot("for-each-ref '--format=%(objecttype)'") },
  );
  compare(
    "`check --deep`",
    "`git fsck --full` in each slot",
    { command: program("check --deep --json") },
    { command: pool.inEachSlot("fsck --full --no-progress --no-dangling") },
  );
}

function measureRelease(): void {
  const cleanUp = "git fetch -q origin && git clean -ffdxq -e slot.json && git reset -q --hard HEAD";
  const prepare = (): void => {
    pool.writeRecord(clean, { state: "allocated", last_allocated_at: hoursAgo(1) });
  };
  compare(
    "release of a clean slot",
    "`git fetch; clean; reset`",
    { command: program(`release ${pool.slotId(clean)}`), prepare },
    { command: `cd ${pool.slotPath(clean)} && ${cleanUp}` },
  );
}

const forcedRelease = program(`recover ${pool.slotId(worked)} --strategy aggressive --json`);
const allocateLongAgo = (): void => {
  pool.writeRecord(worked, { state: "allocated", last_allocated_at: hoursAgo(60) });
};

function measureForcedRelease(): void {
  const changeLine = (): void => {
    writeFileSync(join(pool.slotPath(worked), pathOfFile(0)), "one line\n");
    allocateLongAgo();
  };
  const stash = "c=$(git -c user.name=a -c user.email=a@example.invalid stash create)";
  const bundle = `git update-ref refs/x $c; git bundle create -q ${pool.root}/x.bundle refs/x --not HEAD; git update-ref -d refs/x`;
  compare(
    "forced release with one changed line",
    "`git stash create; bundle`",
    { command: forcedRelease, prepare: changeLine },
    { command: `cd ${pool.slotPath(worked)}; ${stash}; ${bundle}`, prepare: changeLine },
  );
  const salvage = join(pool.workspacesDir, ".repo-pool-sidecar", "salvage");
  const kept = readdirSync(salvage).map((name) => mebibytesOf(join(salvage, name)));
  console.log(`| MiB kept for that line | | ${medianOf(kept).toFixed(1)} | | | |`);
}

function measureRealWork(): void {
  const prepare = (): void => {
    doRealWork(pool.slotPath(worked), work);
    allocateLongAgo();
  };
  const what = `forced release with ${work.edits} edits, ${work.commits} commits, ${work.stashes} stashes, ${work.buildMebibytes} MiB built`;
  const tar = tarOfWork(join(pool.root, "work.tar"));
  const rival = "`tar` of the same files";
  const pairs = compare(
    what,
    rival,
    { command: forcedRelease, prepare },
    { command: `cd ${pool.slotPath(worked)}; ${tar}`, prepare },
  );
  report(what, rival, pairs, "readMebibytes");
  report(what, rival, pairs, "writtenMebibytes");
}

function measureReclone(): void {
  const slotPath = pool.slotPath(broken);
  const clone = join(pool.root, "clone");
  const loseRepository = (): void => {
    rmSync(join(slotPath, ".git"), { recursive: true });
  };
  const removeClone = (): void => {
    rmSync(clone, { recursive: true, force: true });
  };
  compare(
    "new clone of a slot",
    "`git clone`",
    { command: program(`recover ${pool.slotId(broken)} --json`), prepare: loseRepository },
    { command: `git clone -q --no-local ${pool.url} ${clone}`, prepare: removeClone },
  );
  const { state } = JSON.parse(readFileSync(join(slotPath, "slot.json"), "utf8")) as { state: string };
  if (state !== "available") throw new Error(`the slot was not recovered: ${state}`);
}

/** The rival of a collection reads each index too, and looks at no ref and no pack. */
async function measureBusySlots(): Promise<void> {
  const busy = await watchBusySlots(pool);
  const rival = "`git ls-files` in each slot";
  const [{ rival: listing }] = measurePairs(
    { command: "true" },
    { command: pool.inEachSlot("ls-files") },
    1,
  ) as [CostPair];
  const what = "a collection while the index of each slot changes";
  const cost = (cpuSeconds: number, readMebibytes: number): Cost => ({
    ...{ cpuSeconds, readMebibytes, writtenMebibytes: 0 },
  });
  report(what, rival, [{ ours: cost(busy.cpuSeconds, 0), rival: listing }], "cpuSeconds");
  const pair = { ours: cost(0, busy.readMebibytes), rival: cost(0, busy.indexMebibytes) };
  report(what, "the bytes of each index", [pair], "readMebibytes");
  console.log(`| longest scrape meanwhile | | ${busy.longestScrapeMilliseconds.toFixed(0)} ms | | | |`);
}

try {
  await pool.make(size);
  const { files, commits, branches, tags } = size;
  console.log(
    `${files} files, ${commits} commits, ${branches + tags} refs, ${pool.slotNumbers.length} slots\n`,
  );
  console.log(
    "| what | beside | ours | rival's | ratio | spread |\n| --- | --- | ---: | ---: | ---: | ---: |",
  );
  measureChecks();
  await measureBusySlots();
  measureRelease();
  measureForcedRelease();
  measureReclone();
  measureRealWork();
} finally {
  pool.destroy();
}
