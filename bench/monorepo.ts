// `npm run bench -- monorepo`: what a slot of a big repository costs, each beside git in the same run, as ratios of CPU time
// of the process trees, with the smallest and the largest of several attempts. BENCH_FILES, BENCH_COMMITS, BENCH_BRANCHES
// and BENCH_TAGS give another size, BENCH_ATTEMPTS another number of attempts. Needs a build.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { git } from "../test/kit/real-pool.ts";
import { programFile } from "../test/kit/served-program.ts";
import { fillRepository, pathOfFile } from "./monorepo/big-repository.ts";
import { medianOf, recordFigure } from "./figure.ts";
import { compareCpu, mebibytesOf, type Measured } from "./monorepo/cpu-seconds.ts";

const sizeOf = (name: string, usual: number): number => Number(process.env[`BENCH_${name}`] ?? usual);
const size = {
  files: sizeOf("FILES", 20_000),
  commits: sizeOf("COMMITS", 2000),
  branches: sizeOf("BRANCHES", 5000),
  tags: sizeOf("TAGS", 20_000),
};
const attempts = sizeOf("ATTEMPTS", 3);
const slotNumbers = [1, 2, 3];
const root = mkdtempSync(join(tmpdir(), "bench-monorepo-"));
const origin = join(root, "origin.git");
const workspaces = join(root, "workspaces");
const slot = (number: number): string => join(workspaces, "big", `slot${number}`);
const slotId = (number: number): string => `workspace-big-slot${number}`;
const program = (args: string): string =>
  `${process.execPath} ${programFile} ${args} --workspaces-dir ${workspaces}`;
const hoursAgo = (hours: number): string =>
  formatPoolTime(new Date(Date.now() - hours * 3_600_000), systemTimeZone());

async function makePool(): Promise<void> {
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", origin]);
  await fillRepository(origin, size);
  mkdirSync(join(workspaces, "locks"), { recursive: true });
  mkdirSync(join(workspaces, "big"));
  git(root, "clone", "-q", `file://${origin}`, slot(1));
  for (const number of slotNumbers) {
    if (number > 1) cpSync(slot(1), slot(number), { recursive: true, preserveTimestamps: true });
    git(slot(number), "update-index", "-q", "--refresh");
    writeRecord(number, { state: "available" });
  }
  const pool = { repo_name: "big", repo_url: `file://${origin}`, num_slots: slotNumbers.length };
  const times = { created_at: hoursAgo(90), updated_at: hoursAgo(90), metadata: {} };
  writeFileSync(join(workspaces, "big", "pool.json"), JSON.stringify({ ...pool, ...times }));
}

function writeRecord(number: number, changed: object): void {
  const identity = { slot_id: slotId(number), repo_name: "big", repo_url: `file://${origin}` };
  const use = {
    allocation_count: 0,
    total_usage_seconds: 0,
    last_allocated_at: null,
    last_released_at: null,
  };
  const rest = { current_branch: "main", current_commit: null, metadata: {} };
  const times = { created_at: hoursAgo(90), updated_at: hoursAgo(90) };
  const record = { ...identity, slot_path: slot(number), ...use, ...rest, ...times, ...changed };
  writeFileSync(join(slot(number), "slot.json"), JSON.stringify(record));
}

function compare(what: string, ours: Measured, rival: Measured): void {
  const { ours: seconds, rival: rivals, ratios } = compareCpu(ours, rival, attempts);
  const [own = what, rivalCommand = ""] = what.split(" beside ");
  recordFigure({ what: own, rival: rivalCommand, unit: "CPU s", ours: seconds, rivals, ratios });
  const spread = [ratios.at(0), ratios.at(-1)].map((ratio) => ratio?.toFixed(1)).join(" to ");
  const figures = [seconds.toFixed(2), rivals.toFixed(2), medianOf(ratios).toFixed(1), spread];
  console.log(`| ${[what, ...figures].join(" | ")} |`);
}

function measureChecks(): void {
  const each = (command: string): string => slotNumbers.map((n) => `git -C ${slot(n)} ${command}`).join("; ");
  compare(
    "`check` beside `git for-each-ref` in each slot",
    { command: program("check --json") },
    { command: each("for-each-ref '--format=%(objecttype)'") },
  );
  compare(
    "`check --deep` beside `git fsck --full` in each slot",
    { command: program("check --deep --json") },
    { command: each("fsck --full --no-progress --no-dangling") },
  );
}

function measureRelease(): void {
  const cleanUp = "git fetch -q origin && git clean -ffdxq -e slot.json && git reset -q --hard HEAD";
  const prepare = (): void => {
    writeRecord(1, { state: "allocated", last_allocated_at: hoursAgo(1) });
  };
  compare(
    "release of a clean slot beside `git fetch; clean; reset`",
    { command: program(`release ${slotId(1)}`), prepare },
    { command: `cd ${slot(1)} && ${cleanUp}` },
  );
}

function measureForcedRelease(): void {
  const changeLine = (): void => {
    writeFileSync(join(slot(2), pathOfFile(0)), "one line\n");
    writeRecord(2, { state: "allocated", last_allocated_at: hoursAgo(60) });
  };
  const stash = "c=$(git -c user.name=a -c user.email=a@example.invalid stash create)";
  const bundle = `git update-ref refs/x $c; git bundle create -q ${root}/x.bundle refs/x --not HEAD; git update-ref -d refs/x`;
  compare(
    "forced release with one changed line beside `git stash create; bundle`",
    { command: program(`recover ${slotId(2)} --strategy aggressive --json`), prepare: changeLine },
    { command: `cd ${slot(2)}; ${stash}; ${bundle}`, prepare: changeLine },
  );
  const salvage = join(workspaces, ".repo-pool-sidecar", "salvage");
  const kept = readdirSync(salvage).map((name) => mebibytesOf(join(salvage, name)));
  console.log(`| MiB kept for that line | ${medianOf(kept).toFixed(1)} | | | |`);
}

function measureReclone(): void {
  const loseRepository = (): void => {
    rmSync(join(slot(3), ".git"), { recursive: true });
  };
  const removeClone = (): void => {
    rmSync(join(root, "clone"), { recursive: true, force: true });
  };
  compare(
    "new clone of a slot beside `git clone`",
    { command: program(`recover ${slotId(3)} --json`), prepare: loseRepository },
    { command: `git clone -q --no-local file://${origin} ${root}/clone`, prepare: removeClone },
  );
  const { state } = JSON.parse(readFileSync(join(slot(3), "slot.json"), "utf8")) as { state: string };
  if (state !== "available") throw new Error(`the slot was not recovered: ${state}`);
}

try {
  await makePool();
  const { files, commits, branches, tags } = size;
  console.log(`${files} files, ${commits} commits, ${branches + tags} refs, ${slotNumbers.length} slots\n`);
  console.log("| what | CPU seconds | git's | ratio | spread |\n| --- | ---: | ---: | ---: | ---: |");
  measureChecks();
  measureRelease();
  measureForcedRelease();
  measureReclone();
} finally {
  rmSync(root, { recursive: true, force: true });
}
