import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { faultNamed } from "../kit/faults/catalogue.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleSeed } from "../kit/sample.ts";
import { readableMarkers } from "../kit/working-slot.ts";

/** Debian's interpreter, which has Debian's python3-filelock. */
const python = "/usr/bin/python3";
const slotNumbers = [1, 2, 3, 4, 5] as const;
const neighbourNames = ["alpha", "beta", "gamma", "delta"] as const;
/** Allocations and releases of the four neighbours together; ours come on top. */
const neighbourOperations = runsInFull ? 2000 : 120;

/** Faults that take no unpushed object with them: whatever is missing afterwards, one of the programs lost. */
const harmlessFaults = [
  "HEAD missing",
  "HEAD empty",
  "HEAD garbage",
  "current branch lost, its reflog there",
  "current branch empty",
  "current branch of NUL bytes",
  "current branch points to nothing",
  "packed-refs garbage",
  "index empty",
  "index garbage",
  "index cut in half",
  "config garbage",
  "config empty",
  "config missing",
  "core.bare true",
  "refs directory missing",
].map(faultNamed);

interface PoolEvent {
  readonly event: "allocated" | "released" | "worked" | "lent_twice" | "stolen" | "git_failed";
  readonly slot: string;
  readonly mark?: string;
}

let pool: RealPool;
let manager: PoolManager;
let uses = "";
let events: PoolEvent[] = [];

beforeEach(() => {
  pool = new RealPool(slotNumbers.length);
  uses = join(pool.root, "uses");
  mkdirSync(uses);
  events = [];
  manager = new PoolManager({
    config: {
      ...createDefaultConfig(pool.root),
      workspacesDir: pool.workspacesDir,
      stateDir: pool.stateDir,
    },
  });
});

afterEach(() => {
  pool.destroy();
});

/** Ends when the neighbour does; each line that it prints is an event. */
async function runNeighbour(name: string, seed: number): Promise<void> {
  const operations = neighbourOperations / neighbourNames.length;
  const script = join(import.meta.dirname, "..", "kit", "neighbour.py");
  const child = spawn(python, [script, pool.workspacesDir, uses, name, String(seed), String(operations)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  for await (const line of createInterface(child.stdout)) events.push(JSON.parse(line) as PoolEvent);
  expect((await closed)[0]).toBe(0);
}

async function recoverUntil(isOver: () => boolean): Promise<string[]> {
  const errors: string[] = [];
  while (!isOver()) errors.push(...(await manager.autoRecover()).errors);
  return errors;
}

/** Our own side of the pool: lends, works and releases like the neighbours do. */
async function lendUntil(isOver: () => boolean): Promise<void> {
  for (let round = 1; !isOver(); round++) {
    const lent = await manager.allocateSlot("demo", { metadata: { holder: "ours" } });
    if (lent === undefined) continue;
    const slot = `slot${lent.number}`;
    events.push({ event: "allocated", slot });
    const mark = `MARK-ours-${String(round).replace(/\d/g, (digit) => "abcdefghij".charAt(Number(digit)))}`;
    try {
      writeFileSync(join(uses, slot), "", { flag: "wx" });
    } catch {
      events.push({ event: "lent_twice", slot });
    }
    writeFileSync(join(lent.path, `${mark}.txt`), `${mark}\n`);
    events.push({ event: "worked", slot, mark });
    unlinkSync(join(uses, slot));
    await manager.releaseSlotDetailed(lent.slotId);
  }
}

/**
 * Breaks slots that nobody uses, as a crashed agent or a full disk leaves them: one for every ten allocations, so that
 * the others find something to lend.
 */
async function breakUntil(isOver: () => boolean, random: () => number): Promise<number> {
  let count = 0;
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (countAllocations() < 10 * count) continue;
    const number = slotNumbers[Math.floor(random() * slotNumbers.length)] ?? 1;
    const fault = harmlessFaults[Math.floor(random() * harmlessFaults.length)];
    if (breakIfFree(number, (slot) => fault?.inject(slot))) count++;
  }
  return count;
}

function breakIfFree(number: number, inject: (slot: SlotPlace) => void): boolean {
  const lock = tryAcquireSlotLock(pool.lockPath(number));
  if (lock.kind !== "held") return false;
  try {
    if (readRecord(number).state !== "available") return false;
    inject(new SlotPlace(pool, number));
    return true;
  } catch {
    // Some faults need git, which the fault before stops from working.
    return false;
  } finally {
    lock.release();
  }
}

function readRecord(number: number) {
  return JSON.parse(readFileSync(pool.recordPath(number), "utf8")) as {
    state: string;
    allocation_count: number;
    metadata: { neighbour_uses?: number };
  };
}

function countAllocations(): number {
  return events.filter(({ event }) => event === "allocated").length;
}

function countEvents(kind: PoolEvent["event"], slot: string): number {
  return events.filter(({ event, ...rest }) => event === kind && rest.slot === slot).length;
}

test("four Python managers, ours and continuous recovery share a pool of slots that break", async () => {
  expect(harmlessFaults).toHaveLength(16);
  const seed = sampleSeed("python neighbours");
  let isOver = false;
  const neighbours = Promise.all(neighbourNames.map((name, index) => runNeighbour(name, seed + index)));
  const [errors, , faultCount] = await Promise.all([
    recoverUntil(() => isOver),
    lendUntil(() => isOver),
    breakUntil(() => isOver, createRandom(seed)),
    neighbours.finally(() => (isOver = true)),
  ]);
  await manager.autoRecover();

  const done = countAllocations() * 2;
  console.log(`${done} operations, ${faultCount} faults injected, errors of recovery: ${errors.length}`);
  expect(events.filter(({ event }) => ["lent_twice", "stolen", "git_failed"].includes(event))).toEqual([]);
  for (const number of slotNumbers) {
    const slot = `slot${number}`;
    const record = readRecord(number);
    expect({ slot, count: record.allocation_count, uses: record.metadata.neighbour_uses ?? 0 }).toEqual({
      slot,
      count: countEvents("allocated", slot),
      uses: countEvents("released", slot),
    });
  }
  const kept = readableMarkers(
    pool.directory,
    join(pool.stateDir, "salvage"),
    join(pool.stateDir, "quarantine"),
  );
  const marks = events.flatMap(({ mark }) => (mark === undefined ? [] : [mark]));
  expect(marks.filter((mark) => !kept.has(mark))).toEqual([]);
  expect(errors).toEqual([]);
  expect((await manager.detectAnomalies()).corruptedSlots).toEqual([]);
  expect(done).toBeGreaterThanOrEqual(neighbourOperations);
  expect(faultCount).toBeGreaterThan(0);
}, 3_600_000);
