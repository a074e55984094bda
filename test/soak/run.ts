// `npm run soak`: an hour of agents, faults, kills, alerts, clock steps and recoveries on 100 slots of every source, drawn
// from one seed. It fails if work was lost, a slot was allocated twice, the journal contradicts itself, or `serve` grew.
// SOAK_MINUTES, SOAK_SLOTS and SOAK_AGENTS (of each kind) give another size; REPO_POOL_SIDECAR_TEST_SEED repeats a run as
// far as timing allows. Needs a build, and faketime.
import { setTimeout as sleep } from "node:timers/promises";
import { sampleSeed } from "../kit/sample.ts";
import { runCommand } from "./commands.ts";
import {
  checkJournal,
  checkNothingIsLeft,
  checkNothingLost,
  checkSlots,
  growthOf,
  type Growth,
} from "./final-checks.ts";
import { Soak } from "./soak.ts";
import { SoakedSlots } from "./soaked-slots.ts";

const size = (name: string, usual: number): number => Number(process.env[`SOAK_${name}`] ?? usual);
const minutes = size("MINUTES", 60);
const slotCount = size("SLOTS", 100);
const agentCount = size("AGENTS", 4);
const checkMilliseconds = 120_000;
/** What a heap that is not full yet still takes. */
const growthLimit = 1.3;
const descriptorLimit = 10;

const seed = sampleSeed(`${minutes} min, ${slotCount} slots, 2 times ${agentCount} agents`);
const slots = new SoakedSlots(slotCount);
const soak = new Soak(slots, seed);
const { record, sidecar } = soak;
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void soak.abandon().finally(() => process.exit(1)));
try {
  await soakAll();
  report(await checkAll());
} finally {
  await soak.abandon();
}
if (record.violations.length === 0) slots.destroy();
else console.log(`kept: ${slots.searched.join(" ")}`);
process.exitCode = record.violations.length === 0 ? 0 : 1;

async function soakAll(): Promise<void> {
  await sidecar.start();
  await soak.untilWatched();
  const over = new AbortController();
  const checking = checkNowAndThen(over.signal).catch((error: unknown) => {
    record.violate(`a check failed: ${String(error)}`);
  });
  await soak.run({ minutes, agentCount });
  over.abort();
  await checking;
  await soak.untilQueueIsEmpty();
  await sidecar.stop();
}

async function checkNowAndThen(signal: AbortSignal): Promise<void> {
  for (;;) {
    await sleep(checkMilliseconds, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const pieces = await checkNothingLost(soak);
    const lines = checkJournal(soak, false);
    const { length } = record.violations;
    console.log(`${pieces} pieces of work, ${lines} lines of the journal, ${length} violations`);
  }
}

type Row = readonly [what: string, value: number | string];

/** After two runs that nothing disturbs. */
async function checkAll(): Promise<Row[]> {
  for (let pass = 0; pass < 2; pass++) await runCommand(slots.place, ["recover", "--deep"]);
  const pieces = await checkNothingLost(soak);
  const lines = checkJournal(soak, true);
  const states = await checkSlots(soak);
  await checkNothingIsLeft(soak);
  return [
    ["pieces of work", pieces],
    ["pieces of work that a fault itself destroyed", record.destroyedCount],
    ["lines of the journal", lines],
    ...Object.entries(states).map(([state, count]): Row => [`slots in the end: ${state}`, count]),
    ...checkGrowth(),
  ];
}

function checkGrowth(): Row[] {
  const { samples } = sidecar;
  const memory = growthOf(samples, ({ residentBytes }) => residentBytes / 1024 ** 2);
  const descriptors = growthOf(samples, ({ descriptorCount }) => descriptorCount);
  if (memory.last > memory.first * growthLimit) record.violate(`memory of serve: ${describe(memory)} MiB`);
  if (descriptors.last > descriptors.first + descriptorLimit)
    record.violate(`descriptors of serve: ${describe(descriptors)}`);
  return [
    ["MiB of serve", describe(memory)],
    ["descriptors of serve", describe(descriptors)],
    ["seconds that the event loop of serve was held up at most", sidecar.longestLagSeconds.toFixed(1)],
  ];
}

function describe({ first, last }: Growth): string {
  return `${first.toFixed(0)} in the first third, ${last.toFixed(0)} in the last`;
}

function report(checked: readonly Row[]): void {
  const rows: Row[] = [
    ...[...record.counts].sort(([a], [b]) => a.localeCompare(b)),
    ...checked,
    ...[...sidecar.events].map(([event, count]): Row => [`log of serve: ${event}`, count]),
    ["violations", record.violations.length],
  ];
  console.log("\n| what | how many |\n| --- | ---: |");
  for (const [what, value] of rows) console.log(`| ${what} | ${value} |`);
  for (const violation of record.violations) console.log(violation);
}
