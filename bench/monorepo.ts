// `npm run bench -- monorepo`: what a slot of a big repository costs, each beside git in the same run, as ratios of CPU time
// of the process trees. BENCH_FILES, BENCH_COMMITS, BENCH_BRANCHES and BENCH_TAGS give another size. Needs a build.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { git } from "../test/kit/real-pool.ts";
import { programFile } from "../test/kit/served-program.ts";
import { fillRepository, pathOfFile } from "./monorepo/big-repository.ts";
import { cpuSeconds, mebibytesOf } from "./monorepo/cpu-seconds.ts";

const sizeOf = (name: string, usual: number): number => Number(process.env[`BENCH_${name}`] ?? usual);
const size = {
  files: sizeOf("FILES", 20_000),
  commits: sizeOf("COMMITS", 2000),
  branches: sizeOf("BRANCHES", 5000),
  tags: sizeOf("TAGS", 20_000),
};
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

function report(what: string, ours: number, rival: number): void {
  console.log(`| ${what} | ${ours.toFixed(2)} | ${rival.toFixed(2)} | ${(ours / rival).toFixed(1)} |`);
}

function measureChecks(): void {
  const each = (command: string): string => slotNumbers.map((n) => `git -C ${slot(n)} ${command}`).join("; ");
  report(
    "`check` beside `git for-each-ref` in each slot",
    cpuSeconds(program("check --json"), { attempts: 3 }),
    cpuSeconds(each("for-each-ref '--format=%(objecttype)'"), { attempts: 3 }),
  );
  report(
    "`check --deep` beside `git fsck --full` in each slot",
    cpuSeconds(program("check --deep --json")),
    cpuSeconds(each("fsck --full --no-progress --no-dangling")),
  );
}

function measureRelease(): void {
  const cleanUp = "git fetch -q origin && git clean -ffdxq -e slot.json && git reset -q --hard HEAD";
  const rival = cpuSeconds(`cd ${slot(1)} && ${cleanUp}`, { attempts: 2 });
  const prepare = (): void => {
    writeRecord(1, { state: "allocated", last_allocated_at: hoursAgo(1) });
  };
  const ours = cpuSeconds(program(`release ${slotId(1)}`), { attempts: 2, prepare });
  report("release of a clean slot beside `git fetch; clean; reset`", ours, rival);
}

function measureForcedRelease(): void {
  writeFileSync(join(slot(2), pathOfFile(0)), "one line\n");
  writeRecord(2, { state: "allocated", last_allocated_at: hoursAgo(60) });
  const stash = "c=$(git -c user.name=a -c user.email=a@example.invalid stash create)";
  const bundle = `git update-ref refs/x $c; git bundle create -q ${root}/x.bundle refs/x --not HEAD; git update-ref -d refs/x`;
  const rival = cpuSeconds(`cd ${slot(2)}; ${stash}; ${bundle}`);
  const ours = cpuSeconds(program(`recover ${slotId(2)} --strategy aggressive --json`));
  report("forced release with one changed line beside `git stash create; bundle`", ours, rival);
  const salvage = join(workspaces, ".repo-pool-sidecar", "salvage");
  const kept = readdirSync(salvage).map((name) => mebibytesOf(join(salvage, name)));
  console.log(`| MiB kept for that line | ${kept.map((each) => each.toFixed(1)).join(", ")} | | |`);
}

function measureReclone(): void {
  rmSync(join(slot(3), ".git"), { recursive: true });
  const rival = cpuSeconds(`git clone -q --no-local file://${origin} ${root}/clone`);
  const ours = cpuSeconds(program(`recover ${slotId(3)} --json`));
  report("new clone of a slot beside `git clone`", ours, rival);
  const { state } = JSON.parse(readFileSync(join(slot(3), "slot.json"), "utf8")) as { state: string };
  if (state !== "available") throw new Error(`the slot was not recovered: ${state}`);
}

try {
  await makePool();
  const { files, commits, branches, tags } = size;
  console.log(`${files} files, ${commits} commits, ${branches + tags} refs, ${slotNumbers.length} slots\n`);
  console.log("| what | CPU seconds | git's | ratio |\n| --- | ---: | ---: | ---: |");
  measureChecks();
  measureRelease();
  measureForcedRelease();
  measureReclone();
} finally {
  rmSync(root, { recursive: true, force: true });
}
