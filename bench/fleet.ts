// `npm run bench -- fleet`: 2,000 simulated hosts of 100 slots when something befalls many of them at once. The planner,
// guards and memory are the program's own; time, slots and the remote are simulated (docs/scaling.md).
import type { UnattendedLimits } from "../src/recovery/guards/unattended-guards.ts";
import { createDefaultConfig } from "../src/config/default-config.ts";
import { compareRounds, recordFigure } from "./figure.ts";
import { scenarios, type Scenario } from "./fleet/scenario.ts";
import { assumed, SimulatedHost, type SharedBudget } from "./fleet/simulated-host.ts";

const hostCount = Number(process.env["BENCH_HOSTS"] ?? 2000);
const slotCount = 100;
const stepSeconds = 20;
const minutesOfHour = 60;

/** A host's own guards, and what all hosts share in PostgreSQL. */
interface Guards extends UnattendedLimits {
  readonly fleetBudgetPerHour?: number;
}

const defaults: UnattendedLimits = createDefaultConfig("/nowhere").recovery;
const guards: Readonly<Record<string, Guards>> = {
  none: {
    budgetPerHour: Number.MAX_SAFE_INTEGER,
    cooldownSeconds: 0,
    maxUnhealthyRatio: 1,
    stormCooldownSeconds: 0,
  },
  "budget 30 (default)": defaults,
  "budget 5": { ...defaults, budgetPerHour: 5 },
  "budget 1": { ...defaults, budgetPerHour: 1 },
  "budget 30, fleet 1000": { ...defaults, fleetBudgetPerHour: 1000 },
  "budget 30, fleet 200": { ...defaults, fleetBudgetPerHour: 200 },
};

/** The same numbers at each run. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Result {
  readonly clones: number;
  readonly peakPerHour: number;
  readonly peakAtOnce: number;
  readonly peakBroken: number;
  readonly brokenAtEnd: number;
  readonly isolatedAtEnd: number;
}

/** As `fleet.budget_per_hour` counts: clones that began within the last hour. */
function sharedBudgetOf({ fleetBudgetPerHour }: Guards): SharedBudget | undefined {
  if (fleetBudgetPerHour === undefined) return undefined;
  let begun: number[] = [];
  return {
    claim: (now) => {
      begun = begun.filter((at) => at > now - 3600);
      if (begun.length >= fleetBudgetPerHour) return false;
      begun.push(now);
      return true;
    },
  };
}

function simulate(scenario: Scenario, limits: Guards): Result {
  const random = seededRandom(20_260_101);
  const shared = sharedBudgetOf(limits);
  const hosts = Array.from(
    { length: hostCount },
    (_, number) => new SimulatedHost({ number, slotCount, limits, random, shared }),
  );
  const perMinute = new Map<number, number>();
  const traffic = {
    cloneStarted: (now: number, attempts: number) => {
      const minute = Math.floor(now / 60);
      perMinute.set(minute, (perMinute.get(minute) ?? 0) + attempts);
    },
  };
  let [peakAtOnce, peakBroken] = [0, 0];
  for (let from = 0; from < scenario.hours * 3600; from += stepSeconds) {
    for (const host of hosts) host.step(scenario, { from, to: from + stepSeconds }, traffic);
    peakAtOnce = Math.max(peakAtOnce, sum(hosts.map(({ runningCount }) => runningCount)));
    peakBroken = Math.max(peakBroken, sum(hosts.map(({ brokenCount }) => brokenCount)));
  }
  return {
    clones: sum([...perMinute.values()]),
    peakPerHour: peakOfAnyHour(perMinute),
    peakAtOnce,
    peakBroken,
    brokenAtEnd: sum(hosts.map(({ brokenCount }) => brokenCount)),
    isolatedAtEnd: sum(hosts.map(({ isolatedCount }) => isolatedCount)),
  };
}

function peakOfAnyHour(perMinute: ReadonlyMap<number, number>): number {
  const minutes = [...perMinute.keys()];
  return Math.max(
    0,
    ...minutes.map((last) =>
      sum(Array.from({ length: minutesOfHour }, (_, back) => perMinute.get(last - back) ?? 0)),
    ),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What the operator chose, by host and for all. A failed clone is three attempts at the remote. */
function boundOf({ budgetPerHour, fleetBudgetPerHour = Infinity }: Guards, scenario: Scenario): number {
  const attempts = scenario.isRemoteDown === undefined ? 1 : assumed.attemptsOfFailedClone;
  return Math.min(hostCount * budgetPerHour, fleetBudgetPerHour) * attempts;
}

console.log(`${hostCount} hosts of ${slotCount} slots; a clone takes ${assumed.cloneSeconds} s\n`);
let isBounded = true;
for (const scenario of scenarios) {
  console.log(`### ${scenario.name}\n`);
  console.log(
    "| guards | clones | at the most in an hour | bound | at once | broken at the most | broken at the end | isolated |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  const peaks = new Map<string, number>();
  for (const [name, limits] of Object.entries(guards)) {
    const result = simulate(scenario, limits);
    peaks.set(name, result.peakPerHour);
    const bound = boundOf(limits, scenario);
    isBounded &&= result.peakPerHour <= bound;
    const { clones, peakPerHour, peakAtOnce, peakBroken, brokenAtEnd, isolatedAtEnd } = result;
    const shownBound = name === "none" ? "none" : bound;
    const cells = [name, clones, peakPerHour, shownBound, peakAtOnce, peakBroken, brokenAtEnd, isolatedAtEnd];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("");
  const compared = compareRounds([peaks.get("budget 5") ?? 0], [peaks.get("none") ?? 0]);
  const what = `most clones in an hour with a budget of 5: ${scenario.name}`;
  recordFigure({ what, rival: "no guards", unit: "clones", ...compared });
}
console.log(isBounded ? "Every hour kept to its bound." : "AN HOUR EXCEEDED ITS BOUND.");
if (!isBounded) process.exitCode = 1;
