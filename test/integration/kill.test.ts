import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { recoveryActions } from "../../src/recovery/recovery-action.ts";
import { breakForScenario, brokenSlot, killScenarios, type KillScenario } from "../kit/kill-scenarios.ts";
import { listLeftovers, listProcessesOf } from "../kit/leftovers.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleOf, sampleSeed } from "../kit/sample.ts";
import { PoolTemplate, readableMarkers } from "../kit/working-slot.ts";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const templates = { clone: new PoolTemplate("clone"), worktree: new PoolTemplate("worktree") };
const randomMoments = runsInFull ? 200 : 2;
const stepSample = 4;

afterAll(() => {
  for (const template of Object.values(templates)) template.destroy();
});

function readJournal({ stateDir }: RealPool): string[] {
  const directory = join(stateDir, "journal");
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".jsonl")) : [];
  return files.flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1));
}

const argsOf = ({ args }: KillScenario, pool: RealPool): readonly string[] => args?.(pool) ?? ["recover"];

/** Runs the program until the condition holds, and kills it then; else until it ends. */
async function runUntil(pool: RealPool, args: readonly string[], isTime: () => boolean): Promise<void> {
  const child = spawn(process.execPath, [main, ...args, "--workspaces-dir", pool.workspacesDir], {
    stdio: "ignore",
    env: { PATH: process.env["PATH"], HOME: pool.root },
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  while (child.exitCode === null && child.signalCode === null && !isTime()) await sleep(1);
  child.kill("SIGKILL");
  await ended;
}

interface Before {
  readonly pool: RealPool;
  readonly places: readonly string[];
  readonly markers: ReadonlySet<string>;
}

async function breakPool(scenario: KillScenario): Promise<Before> {
  const template = templates[scenario.layout];
  template.reset();
  const { pool } = template;
  await breakForScenario(scenario, pool);
  const places = [pool.directory, pool.stateDir];
  return { pool, places, markers: readableMarkers(...places) };
}

/** The next run, which nothing stops, ends what the killed one left: the work is there, and nothing else is. */
async function expectWhole(scenario: KillScenario, before: Before): Promise<void> {
  const { pool, places, markers } = before;
  await runUntil(pool, argsOf(scenario, pool), () => false);
  const left = readableMarkers(...places);
  expect([...markers].filter((marker) => !left.has(marker))).toEqual([]);
  const { workspacesDir, stateDir } = pool;
  const manager = new PoolManager({ config: { ...createDefaultConfig(pool.root), workspacesDir, stateDir } });
  expect(readState(before)).toBe(scenario.endState ?? "available");
  for (const number of [1, brokenSlot, 3])
    expect(await manager.lockManager.isLocked(pool.slotId(number))).toBe(false);
  expect(listLeftovers(pool)).toEqual([]);
  expect(listProcessesOf(pool)).toEqual([]);
  const { anomalies, errors } = await manager.snapshot({ deep: true });
  const { longAllocatedSlots, corruptedSlots, orphanedLocks } = anomalies;
  expect({ longAllocatedSlots, orphanedLocks, errors }).toEqual({
    longAllocatedSlots: [],
    orphanedLocks: [],
    errors: [],
  });
  const { endReasons } = scenario;
  expect(corruptedSlots.map(({ slotId, reasons }) => ({ slotId, reasons }))).toEqual(
    endReasons === undefined ? [] : [{ slotId: pool.slotId(brokenSlot), reasons: endReasons }],
  );
  if (endReasons !== undefined) return;
  git(pool.slotPath(brokenSlot), "commit", "-q", "--allow-empty", "-m", "next");
}

function readState({ pool }: Before): string {
  return (JSON.parse(readFileSync(pool.recordPath(brokenSlot), "utf8")) as { state: string }).state;
}

interface Undisturbed {
  /** Of the journal. */
  readonly lines: number;
  readonly milliseconds: number;
  readonly actions: ReadonlySet<string>;
  /** Of the slot, in the end. */
  readonly state: string;
}

async function measureRun(scenario: KillScenario): Promise<Undisturbed> {
  const before = await breakPool(scenario);
  const startedAt = performance.now();
  await runUntil(before.pool, argsOf(scenario, before.pool), () => false);
  const milliseconds = performance.now() - startedAt;
  const entries = readJournal(before.pool).map(
    (line) => JSON.parse(line) as { kind: string; action?: string },
  );
  const actions = entries.flatMap(({ kind, action }) =>
    kind === "intent" && action !== undefined ? [action] : [],
  );
  return { lines: entries.length, milliseconds, actions: new Set(actions), state: readState(before) };
}

/** A run takes seconds, and each is needed to know its steps. */
const scenarios = sampleOf(killScenarios, 3, "killed recoveries");
const runs = new Map<KillScenario, Awaited<ReturnType<typeof measureRun>>>();
for (const scenario of scenarios) runs.set(scenario, await measureRun(scenario));

test("every action of a recovery is in a scenario", () => {
  const named = new Set(killScenarios.flatMap(({ actions }) => actions));
  // Work is saved within the steps that could lose it; reclaim-kill.test.ts has the steps of reclaimed slots.
  const elsewhere = ["salvage", "reclaim", "undo_reclaim"];
  expect(named).toEqual(new Set(recoveryActions.filter((action) => !elsewhere.includes(action))));
});

test.each(scenarios)(
  "nothing stops it, the journal has the actions of the scenario, and the slot ends as it says where $name",
  (scenario) => {
    const { actions, state } = runs.get(scenario)!;
    expect([...actions]).toEqual(expect.arrayContaining([...scenario.actions]));
    expect(state).toBe(scenario.endState ?? "available");
  },
);

const steps = scenarios.flatMap((scenario) =>
  Array.from({ length: runs.get(scenario)!.lines }, (_, index) => ({
    scenario,
    name: scenario.name,
    line: index + 1,
  })),
);

test.each(sampleOf(steps, stepSample, "kills at journal lines"))(
  "killed at line $line of its journal where $name, the program loses nothing and ends it the next time",
  async ({ scenario, line }) => {
    const before = await breakPool(scenario);
    await runUntil(before.pool, argsOf(scenario, before.pool), () => readJournal(before.pool).length >= line);
    await expectWhole(scenario, before);
  },
);

const random = createRandom(sampleSeed(`${randomMoments} kills at random moments`));
const moments = Array.from({ length: randomMoments }, () => {
  const scenario = scenarios[Math.floor(random() * scenarios.length)]!;
  return {
    scenario,
    name: scenario.name,
    milliseconds: Math.round(random() * runs.get(scenario)!.milliseconds),
  };
});

test.each(moments)(
  "killed after $milliseconds ms where $name, the program loses nothing and ends it the next time",
  async ({ scenario, milliseconds }) => {
    const before = await breakPool(scenario);
    const startedAt = performance.now();
    await runUntil(
      before.pool,
      argsOf(scenario, before.pool),
      () => performance.now() - startedAt >= milliseconds,
    );
    await expectWhole(scenario, before);
  },
);
