// `npm run bench -- fleet`: 2,000 simulated hosts of 100 slots when something befalls many of them at once. The planner,
// guards and memory are the program's own; time, slots and the remote are simulated (docs/scaling.md).
import type { UnattendedLimits } from "../src/recovery/guards/unattended-guards.ts";
import { createDefaultConfig } from "../src/config/default-config.ts";
import { scenarios, type Scenario } from "./fleet/scenario.ts";
import { assumed, SimulatedHost } from "./fleet/simulated-host.ts";

const hostCount = Number(process.env["BENCH_HOSTS"] ?? 2000);
const slotCount = 100;
const stepSeconds = 20;
const minutesOfHour = 60;

const defaults: UnattendedLimits = createDefaultConfig("/nowhere").recovery;
const guards: Readonly<Record<string, UnattendedLimits>> = {
  none: {
    budgetPerHour: Number.MAX_SAFE_INTEGER,
    cooldownSeconds: 0,
    maxUnhealthyRatio: 1,
    stormCooldownSeconds: 0,
  },
  "budget 30 (default)": defaults,
  "budget 5": { ...defaults, budgetPerHour: 5 },
  "budget 1": { ...defaults, budgetPerHour: 1 },
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

function simulate(scenario: Scenario, limits: UnattendedLimits): Result {
  const random = seededRandom(20_260_101);
  const hosts = Array.from(
    { length: hostCount },
    (_, number) => new SimulatedHost({ number, slotCount, limits, random }),
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

/** What the operator chose: no host acts on more slots in an hour. A failed clone is three attempts at the remote. */
function boundOf({ budgetPerHour }: UnattendedLimits, scenario: Scenario): number {
  const attempts = scenario.isRemoteDown === undefined ? 1 : assumed.attemptsOfFailedClone;
  return hostCount * budgetPerHour * attempts;
}

console.log(`${hostCount} hosts of ${slotCount} slots; a clone takes ${assumed.cloneSeconds} s\n`);
let isBounded = true;
for (const scenario of scenarios) {
  console.log(`### ${scenario.name}\n`);
  console.log(
    "| guards | clones | at the most in an hour | bound | at once | broken at the most | broken at the end | isolated |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const [name, limits] of Object.entries(guards)) {
    const result = simulate(scenario, limits);
    const bound = boundOf(limits, scenario);
    isBounded &&= result.peakPerHour <= bound;
    const { clones, peakPerHour, peakAtOnce, peakBroken, brokenAtEnd, isolatedAtEnd } = result;
    const shownBound = name === "none" ? "none" : bound;
    const cells = [name, clones, peakPerHour, shownBound, peakAtOnce, peakBroken, brokenAtEnd, isolatedAtEnd];
    console.log(`| ${cells.join(" | ")} |`);
  }
  console.log("");
}
console.log(isBounded ? "Every hour kept to its bound." : "AN HOUR EXCEEDED ITS BOUND.");
if (!isBounded) process.exitCode = 1;
