import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import { Journal } from "../../src/journal/journal.ts";
import { findInterruptedSteps } from "../../src/journal/interrupted-steps.ts";
import { listLeftovers, listProcessesOf } from "../kit/leftovers.ts";
import { git } from "../kit/real-pool.ts";
import { runCommand } from "./commands.ts";
import { readRecord, type Soak } from "./soak.ts";
import type { Sample } from "./soaked-sidecar.ts";

const run = promisify(execFile);
const searchScript = fileURLToPath(new URL("find-markers.ts", import.meta.url));
const searchAttempts = 3;

/** Everything that agents have written is below the pools or in the state directory. */
export async function checkNothingLost(soak: Soak): Promise<number> {
  const { record, slots } = soak;
  const markers = soak.written();
  let missing = markers;
  // What is moved while it is searched for is found the next time.
  for (let attempt = 0; attempt < searchAttempts && missing.length > 0; attempt++) {
    const search = ["--import", "tsx", searchScript, slots.learnedFile, ...slots.searched];
    const { stdout } = await run(process.execPath, search, { maxBuffer: 1024 ** 3 });
    missing = record.missing(missing, new Set(stdout.split("\n")));
  }
  if (missing.length > 0) record.violate(`lost: ${missing.join(", ")}`);
  return markers.length;
}

/** @returns how many lines it has. */
export function checkJournal({ record, slots }: Soak, isOver: boolean): number {
  const { stateDir } = slots.place;
  const directory = join(stateDir, "journal");
  const names = readdirSync(directory).filter((name) => name.endsWith(".jsonl"));
  const lines = names.flatMap((name) => readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1));
  for (const line of lines) if (!isJson(line)) record.violate(`no line of a journal: ${line.slice(0, 200)}`);
  if (!isOver) return lines.length;
  const entries = new Journal(stateDir).read();
  for (const { intent } of findInterruptedSteps(entries))
    record.violate(`a step without an end: ${JSON.stringify(intent)}`);
  const ended = new Set(
    entries.filter(({ kind }) => kind === "outcome").map(({ step_id: stepId }) => stepId),
  );
  const outcomes = entries.filter(({ kind, step_id: stepId }) => kind === "outcome" && stepId !== undefined);
  if (ended.size < outcomes.length) record.violate(`${outcomes.length} outcomes of ${ended.size} steps`);
  for (const { salvage_id: id } of entries)
    if (id !== undefined && !existsSync(join(stateDir, "salvage", id)))
      record.violate(`the journal names the salvage ${id}, which is not there`);
  return lines.length;
}

function isJson(line: string): boolean {
  try {
    return typeof JSON.parse(line) === "object";
  } catch {
    return false;
  }
}

const checkSchema = z.object({
  corrupted_slots: z.array(z.object({ slot_id: z.string(), reasons: z.array(z.string()) })),
});

/** What is available can be worked in; what is broken is said to be. */
export async function checkSlots({ record, slots }: Soak): Promise<Record<string, number>> {
  const { stdout } = await runCommand(slots.place, ["check", "--deep", "--json"]);
  const broken = new Set(checkSchema.parse(JSON.parse(stdout)).corrupted_slots.map(({ slot_id: id }) => id));
  const states: Record<string, number> = {};
  for (const slot of slots.slots.filter(({ isManaged }) => isManaged)) {
    const state = readRecord(slot)?.state ?? "unreadable";
    const described = broken.has(slot.slotId) ? `${state}, corrupted` : state;
    states[described] = (states[described] ?? 0) + 1;
    if (broken.has(slot.slotId)) continue;
    try {
      git(slot.path, "rev-list", "--objects", "--quiet", "HEAD");
      git(slot.path, "status", "--porcelain");
    } catch (error) {
      record.violate(`${slot.slotId} is called sound: ${String(error)}`);
    }
  }
  return states;
}

/** Nobody works any more: no git, no temporary file and no held lock is left. */
export async function checkNothingIsLeft({ record, slots }: Soak): Promise<void> {
  for (const name of listLeftovers(slots.place)) record.violate(`left over: ${name}`);
  for (const line of listProcessesOf({ root: slots.place.workspacesDir }))
    record.violate(`still runs: ${line}`);
  const { stdout } = await runCommand(slots.place, ["locks", "list", "--json"]);
  const locks = z.array(z.looseObject({ slot_id: z.string(), held: z.boolean() })).parse(JSON.parse(stdout));
  for (const { slot_id: slotId, held: isHeld } of locks)
    if (isHeld) record.violate(`the lock of ${slotId} is held`);
}

export interface Growth {
  readonly first: number;
  readonly last: number;
}

/** Medians of the first and the last third, the start-up left out. */
export function growthOf(samples: readonly Sample[], of: (sample: Sample) => number): Growth {
  const warm = samples.slice(Math.floor(samples.length / 10));
  const third = Math.floor(warm.length / 3);
  return { first: medianOf(warm.slice(0, third).map(of)), last: medianOf(warm.slice(-third).map(of)) };
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
