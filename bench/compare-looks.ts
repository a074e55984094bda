import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { programEnvironment, programFile, ServedProgram } from "../test/kit/served-program.ts";
import { collectEachSecond, readCollections, readSeries } from "./collections.ts";
import { compareRounds, medianOf, recordFigure } from "./figure.ts";
import type { LargeTrees } from "./large-trees.ts";

/** Reference and check take turns, so that whatever else the machine does meets both. */
export const rounds = 3;
/** The main.js of an older build, which does all the same beside ours. */
const olderProgram = process.env["BENCH_OLDER"];
/** Two builds differ by a few hundredths, of which three rounds say nothing. */
const olderRounds = 9;
const olderWatches = 3;
const steadySeconds = 15;
/** Of /proc, on Linux. */
const ticksPerSecond = 100;
/** Git and we both trust no time that is younger. */
const settleMilliseconds = 3000;
/** Without a pause, what answering costs would pass for the cost of the collection. */
const scrapePauseMilliseconds = 20;

/** What is measured is what the sources say now. */
export function buildProgram(): void {
  execFileSync(process.execPath, [fileURLToPath(new URL("../scripts/build.mjs", import.meta.url))]);
}

/** What looks at the trees, by each of the ways that are compared. */
export interface Looks {
  readonly trees: LargeTrees;
  /** The git commands that the reference method runs in each slot. */
  readonly reference: readonly string[];
  /** The arguments of `check`. */
  readonly check: readonly string[];
  /** What `serve` watches, in YAML. */
  readonly config: string;
}

/** By the clock, and user and system time of everything that ran for it. */
interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Of a round, in which each build does the same. */
interface Pair<T> {
  readonly newer: T;
  readonly older: T;
}

interface Watch {
  /** The CPU time has the start of `serve` in it. */
  readonly first: Cost;
  /** What `serve` does between collections is part of its CPU time. */
  readonly steady: Cost;
  readonly longestScrapeMilliseconds: number;
  readonly longestLagMilliseconds: number;
  readonly peakMebibytes: number;
}

/** Makes so many slots, and prints what it costs to look at them. */
export async function compareLooks(looks: Looks, slotCount: number): Promise<void> {
  looks.trees.growTo(slotCount);
  // Else the kernel goes on writing what was made, on a core that is to be measured.
  execFileSync("sync");
  await sleep(settleMilliseconds);
  runReference(looks);
  runCheck(looks);
  const times = Array.from({ length: rounds }, () => ({
    reference: runReference(looks),
    check: runCheck(looks),
  }));
  const references = secondsOf(times.map((round) => round.reference));
  const checks = secondsOf(times.map((round) => round.check));
  const [reference, check] = [
    medianCost(times.map((round) => round.reference)),
    medianCost(times.map((round) => round.check)),
  ];
  const checkMebibytes = Math.max(...times.map((round) => round.check.peakMebibytes));
  const watch = await watchQuietTrees(looks);
  const kind = looks.trees.layout === "clone" ? "clones" : "work trees";
  const record = (what: string, seconds: readonly number[]): void => {
    const rival = `git ${looks.reference.join(", ")}`;
    const compared = compareRounds(seconds, references);
    recordFigure({ what: `${what}, ${slotCount} ${kind}`, rival, unit: "s", ...compared });
  };
  record("`check`, a fresh process", checks);
  record("a collection while nothing changes", [watch.steady.seconds]);
  record("the first collection", [watch.first.seconds]);
  console.log(`\n${slotCount} slots`);
  console.log(`  reference method      ${describe(reference, slotCount)}`);
  console.log(`  check, fresh process  ${describe(check, slotCount)}, ${ratio(reference, check)}`);
  console.log(
    `  steady collection     ${describe(watch.steady, slotCount)}, ${ratio(reference, watch.steady)}`,
  );
  console.log(
    `  first collection      ${describe(watch.first, slotCount)}; meanwhile /metrics took at most ${watch.longestScrapeMilliseconds.toFixed(0)} ms, and the event loop lagged at most ${watch.longestLagMilliseconds.toFixed(0)} ms`,
  );
  console.log(
    `  peak memory           check ${checkMebibytes.toFixed(0)} MiB, serve ${watch.peakMebibytes.toFixed(0)} MiB`,
  );
  if (olderProgram !== undefined) await compareWithOlder(looks, slotCount, olderProgram);
}

/** Prints what each figure is beside that of the older build. The two take turns. */
async function compareWithOlder(looks: Looks, slotCount: number, program: string): Promise<void> {
  const checks: Pair<Cost>[] = [];
  for (let round = 0; round < olderRounds; round++)
    checks.push({ older: runCheck(looks, program), newer: runCheck(looks) });
  const watches: Pair<Watch>[] = [];
  for (let round = 0; round < olderWatches; round++)
    watches.push({ older: await watchQuietTrees(looks, program), newer: await watchQuietTrees(looks) });
  const print = (what: string, pairs: readonly Pair<Cost>[]): void => {
    const [newer, older] = [pairs.map((pair) => pair.newer), pairs.map((pair) => pair.older)];
    const bySeconds = compareRounds(secondsOf(newer), secondsOf(older));
    const byCpu = compareRounds(cpuSecondsOf(newer), cpuSecondsOf(older));
    const times = `clock ${medianOf(bySeconds.ratios).toFixed(2)}, CPU ${medianOf(byCpu.ratios).toFixed(2)}`;
    console.log(`  ${what.padEnd(21)} ${times} times the older build`);
    const rival = "an older build";
    recordFigure({ what: `${what}, ${slotCount} slots`, rival, unit: "s", ...bySeconds });
  };
  print("check, fresh process", checks);
  const eachWatch = (key: "steady" | "first"): Pair<Cost>[] =>
    watches.map(({ newer, older }) => ({ newer: newer[key], older: older[key] }));
  print("steady collection", eachWatch("steady"));
  print("first collection", eachWatch("first"));
}

function runReference({ trees, reference }: Looks): Cost {
  const script = fileURLToPath(new URL("reference-check.py", import.meta.url));
  const input = trees.slotPaths().join("\n");
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", [script, ...reference], {
    ...{ input, encoding: "utf8" },
  });
  if (status !== 0) throw new Error(`the reference method found a broken slot: ${stderr}`);
  const [seconds = NaN, cpuSeconds = NaN] = stdout.split(" ").map(Number);
  return { seconds, cpuSeconds };
}

function runCheck({ trees, check }: Looks, program = programFile): Cost & { peakMebibytes: number } {
  const startedAt = performance.now();
  const child = spawnSync(
    "/usr/bin/time",
    ["-f", "%M %U %S", process.execPath, program, "check", "--json", ...check],
    {
      env: programEnvironment(trees),
      encoding: "utf8",
      maxBuffer: 1024 ** 3,
    },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  if (child.status !== 0)
    throw new Error(`check ended with ${child.status}:\n${child.stdout}${child.stderr}`);
  const [peakKibibytes = NaN, user = NaN, system = NaN] = child.stderr.split(" ").map(Number);
  return { seconds, cpuSeconds: user + system, peakMebibytes: peakKibibytes / 1024 };
}

/** `serve`, from its very first start on: first everything is probed, then nothing changes. */
async function watchQuietTrees({ trees, config }: Looks, program = programFile): Promise<Watch> {
  // The copies of healthy metadata in it cost the first that writes them, and nobody after.
  rmSync(join(trees.root, ".local", "state"), { recursive: true, force: true });
  const served = await ServedProgram.start(trees, {
    config: `${collectEachSecond}${config}`,
    args: ["--log.level", "info"],
    program,
  });
  try {
    const first = await scrapeUntilCollected(served);
    // One more collection may still probe what had changed too shortly before the first.
    await sleep(settleMilliseconds);
    const before = readCollections(await served.get("/metrics"));
    await sleep(steadySeconds * 1000);
    const after = readCollections(await served.get("/metrics"));
    const count = after.count - before.count;
    return {
      ...first,
      steady: {
        seconds: (after.seconds - before.seconds) / count,
        cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / count,
      },
      peakMebibytes: readPeakMebibytes(served.pid),
    };
  } finally {
    await served.stop();
  }
}

/** Asks for /metrics again and again while every slot is probed. */
async function scrapeUntilCollected(
  served: ServedProgram,
): Promise<Pick<Watch, "first" | "longestScrapeMilliseconds" | "longestLagMilliseconds">> {
  const agent = new Agent({ keepAlive: true });
  // The first request of all loads what this process makes requests with.
  await request(served, "/-/healthy", agent);
  let longestScrapeMilliseconds = 0;
  let longestLagMilliseconds = 0;
  for (;;) {
    const startedAt = performance.now();
    const text = await request(served, "/metrics", agent);
    // The last of these waits for the end of the collection, and tells of it.
    longestScrapeMilliseconds = Math.max(longestScrapeMilliseconds, performance.now() - startedAt);
    // Each scrape tells of the time since the one before.
    const lag = readSeries(text, "nodejs_eventloop_lag_max_seconds") * 1000;
    longestLagMilliseconds = Math.max(longestLagMilliseconds, lag);
    const { count, seconds } = readCollections(text);
    if (count > 0) {
      agent.destroy();
      const first = { seconds: seconds / count, cpuSeconds: readCpuSeconds(served.pid) };
      return { first, longestScrapeMilliseconds, longestLagMilliseconds };
    }
    await sleep(scrapePauseMilliseconds);
  }
}

/** With the plainest of clients: `fetch` itself takes as long as the answer. */
async function request(served: ServedProgram, path: string, agent: Agent): Promise<string> {
  const asked = get(`http://${served.address}${path}`, { agent });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return readText(response);
}

/** User and system time since the process began: the metric of it is as old as the last rendering. */
function readCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields.slice(11, 13).reduce((sum, ticks) => sum + Number(ticks) / ticksPerSecond, 0);
}

/** The most memory that the process ever had. */
function readPeakMebibytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function medianCost(costs: readonly Cost[]): Cost {
  return { seconds: medianOf(secondsOf(costs)), cpuSeconds: medianOf(cpuSecondsOf(costs)) };
}

function secondsOf(costs: readonly Cost[]): number[] {
  return costs.map((cost) => cost.seconds);
}

function cpuSecondsOf(costs: readonly Cost[]): number[] {
  return costs.map((cost) => cost.cpuSeconds);
}

function describe({ seconds, cpuSeconds }: Cost, slotCount: number): string {
  const [clock, cpu] = [seconds * 1000, cpuSeconds * 1000];
  return `${clock.toFixed(1)} ms, ${(clock / slotCount).toFixed(3)} ms a slot; CPU ${cpu.toFixed(1)} ms, ${(cpu / slotCount).toFixed(3)} ms a slot`;
}

function ratio(reference: Cost, ours: Cost): string {
  const byClock = (reference.seconds / ours.seconds).toFixed(1);
  return `${byClock} times faster, ${(reference.cpuSeconds / ours.cpuSeconds).toFixed(1)} by CPU`;
}
