import { readdirSync } from "node:fs";
import { join } from "node:path";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { readEntry } from "../platform/regular-file.ts";
import { fileVersion, readJsonFile } from "./records/json-file.ts";
import { mainRepositoryPath, slotRecordPath } from "./layouts/layout.ts";
import { layouts } from "./layouts/layouts.ts";
import type { RecordCache } from "./records/record-cache.ts";
import type { LayoutKind, Pool, PoolProblem, Slot, SlotRecordReading } from "./pool.ts";
import { parsePoolRecord, type PoolRecord } from "./records/pool-record.ts";
import { formatSlotId, isRepoName } from "./slot-id.ts";
import { parseSlotRecord } from "./records/slot-record.ts";

export interface PoolReadingOptions {
  readonly timeZone: string;
  /** Only this pool. */
  readonly only?: string | undefined;
  /** Slots that a pool is remembered to have, by number. */
  readonly rememberedNumbers?: ((repoName: string) => readonly number[]) | undefined;
  /** Spares reading files that have not changed since. */
  readonly cache?: RecordCache | undefined;
}

const slotDirectoryPattern = /^slot([1-9][0-9]{0,8})$/;

/**
 * Reads every pool of a workspaces directory. A broken pool becomes a pool with `problems`.
 * @throws CodedError `WORKSPACES_UNREADABLE` where the directory itself cannot be listed.
 */
export function readPools(workspacesDir: string, options: PoolReadingOptions): Pool[] {
  const steps = readPoolsInSteps(workspacesDir, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same, with a step for each slot, so that others can run in between. @throws the same */
export function* readPoolsInSteps(
  workspacesDir: string,
  options: PoolReadingOptions,
): Generator<undefined, Pool[]> {
  const pools: Pool[] = [];
  for (const name of listPoolNames(workspacesDir)) {
    if (options.only !== undefined && name !== options.only) continue;
    const pool = yield* readPool(join(workspacesDir, name), name, options);
    if (pool !== undefined) pools.push(pool);
  }
  return pools;
}

function listPoolNames(workspacesDir: string): string[] {
  try {
    const entries = readdirSync(workspacesDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && isRepoName(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    throw new CodedError(
      "WORKSPACES_UNREADABLE",
      `${workspacesDir}: cannot list the workspaces directory (${systemErrorCode(cause) ?? "error"}): check --workspaces-dir and that the sidecar's user may read it`,
      { cause },
    );
  }
}

/** Undefined where the directory is no pool (yet): the neighbour writes pool.json last. */
function* readPool(
  directory: string,
  name: string,
  options: PoolReadingOptions,
): Generator<undefined, Pool | undefined> {
  const path = join(directory, "pool.json");
  const { record, problems, isMissing } = cached(options, path, () =>
    readPoolRecord(path, name, options.timeZone),
  );
  const layout = detectLayout(directory);
  const numbers = listSlotNumbers(directory, layout);
  if (isMissing && !hasSlotRecord(directory, numbers)) return undefined;
  const present: Slot[] = [];
  for (const number of numbers) {
    present.push(readSlot({ directory, name, layout, number }, options));
    yield;
  }
  const missing = inferMissingSlots(present, record, options.rememberedNumbers?.(name) ?? []);
  const absent = missing.numbers.map((number) => readSlot({ directory, name, layout, number }, options));
  const slots = [...present, ...absent].sort((a, b) => a.number - b.number);
  return {
    repoName: name,
    directory,
    layout,
    record,
    repoUrl: record?.repoUrl ?? mostCommonUrl(slots),
    slots,
    problems: [...problems, ...missing.problems, ...zonedTimeProblems(slots, record, directory)],
  };
}

interface PoolRecordReading {
  readonly record: PoolRecord | undefined;
  readonly problems: PoolProblem[];
  readonly isMissing: boolean;
}

function readPoolRecord(path: string, name: string, timeZone: string): PoolRecordReading {
  const problem = (detail: string): PoolProblem => ({ code: "pool_metadata_invalid", path, detail });
  const reading = readJsonFile(path);
  if (reading.kind === "missing") {
    return { record: undefined, problems: [problem("pool.json is missing")], isMissing: true };
  }
  if (reading.kind !== "json")
    return { record: undefined, problems: [problem(reading.detail)], isMissing: false };
  const parsed = parsePoolRecord(reading.value, timeZone);
  if (parsed.kind === "invalid") {
    const details = parsed.problems.map(
      ({ field, expected, found }) => `${field}: expected ${expected}, found ${found}`,
    );
    return { record: undefined, problems: [problem(details.join("; "))], isMissing: false };
  }
  const differs = parsed.value.repoName !== name;
  const problems = differs ? [problem(`repo_name: expected ${name}, found ${parsed.value.repoName}`)] : [];
  return { record: parsed.value, problems, isMissing: false };
}

function detectLayout(directory: string): LayoutKind {
  const isWorktree =
    readEntry(mainRepositoryPath(directory)).kind === "directory" ||
    readEntry(join(directory, "worktrees")).kind === "directory";
  return isWorktree ? "worktree" : "clone";
}

function listSlotNumbers(directory: string, layout: LayoutKind): number[] {
  const numbers = layouts[layout].slotParents(directory).flatMap((parent) => {
    if (readEntry(parent).kind !== "directory") return [];
    return readdirSync(parent).map((name) => Number(slotDirectoryPattern.exec(name)?.[1] ?? 0));
  });
  return [...new Set(numbers)].filter((number) => number > 0).sort((a, b) => a - b);
}

function hasSlotRecord(directory: string, numbers: readonly number[]): boolean {
  return numbers.some((number) => readEntry(slotRecordPath(directory, number)).kind === "file");
}

interface SlotPlace {
  readonly directory: string;
  readonly name: string;
  readonly layout: LayoutKind;
  readonly number: number;
}

function cached<T extends object>(options: PoolReadingOptions, path: string, read: () => T): T {
  return options.cache === undefined ? read() : options.cache.read(path, read);
}

function readSlot(place: SlotPlace, options: PoolReadingOptions): Slot {
  const recordPath = slotRecordPath(place.directory, place.number);
  return {
    slotId: formatSlotId(place.name, place.number),
    repoName: place.name,
    number: place.number,
    layout: place.layout,
    recordPath,
    path: layouts[place.layout].slotPath(place.directory, place.number),
    reading: cached(options, recordPath, () => readSlotRecord(recordPath, options.timeZone)),
  };
}

export function readSlotRecord(path: string, timeZone: string): SlotRecordReading {
  const reading = readJsonFile(path);
  switch (reading.kind) {
    case "missing":
      return { kind: "missing" };
    case "unreadable":
      return { kind: "unreadable", detail: reading.detail };
    case "invalid": {
      const problem = { field: "", expected: "a JSON object", found: reading.detail };
      return { kind: "invalid", problems: [problem], fields: {}, version: fileVersion(reading.stats) };
    }
    case "json": {
      const version = fileVersion(reading.stats);
      const parsed = parseSlotRecord(reading.value, timeZone);
      if (parsed.kind === "invalid") return { ...parsed, version };
      return { kind: "valid", record: parsed.value, version, modifiedAt: reading.stats.mtime };
    }
  }
}

/**
 * Which slots `num_slots` promises and the disk does not show. A directory without slot.json takes up one of the
 * promised places. Our own copy tells which are missing, else the numbering, if there is only one way to read it.
 */
export function inferMissingSlots(
  present: readonly Pick<Slot, "number">[],
  record: Pick<PoolRecord, "numSlots"> | undefined,
  rememberedNumbers: readonly number[],
): { numbers: number[]; problems: PoolProblem[] } {
  const missingCount = (record?.numSlots ?? 0) - present.length;
  if (record === undefined || missingCount <= 0) return { numbers: [], problems: [] };
  const taken = new Set(present.map((slot) => slot.number));
  const remembered = rememberedNumbers.filter((number) => !taken.has(number));
  if (remembered.length === missingCount) return { numbers: remembered, problems: [] };
  const highest = Math.max(record.numSlots, ...taken);
  if (highest - taken.size > missingCount) {
    const detail = `${record.numSlots} slots are configured and ${present.length} are there; the numbering does not tell which are missing`;
    return { numbers: [], problems: [{ code: "missing_slot_ambiguous", detail }] };
  }
  const numbers = Array.from({ length: highest }, (_, index) => index + 1).filter(
    (number) => !taken.has(number),
  );
  return { numbers, problems: [] };
}

function mostCommonUrl(slots: readonly Slot[]): string | undefined {
  const votes = new Map<string, number>();
  for (const { reading } of slots) {
    if (reading.kind !== "valid") continue;
    const { repoUrl } = reading.record;
    votes.set(repoUrl, (votes.get(repoUrl) ?? 0) + 1);
  }
  return [...votes].sort(([, left], [, right]) => right - left)[0]?.[0];
}

function zonedTimeProblems(
  slots: readonly Slot[],
  record: PoolRecord | undefined,
  directory: string,
): PoolProblem[] {
  const note =
    "carries a zone, which the pool manager cannot compare with its local times; our next write normalises it";
  const ofSlots = slots.flatMap(({ reading, slotId, recordPath }) =>
    reading.kind !== "valid" || reading.record.zonedTimes.length === 0
      ? []
      : [
          {
            code: "zoned_time" as const,
            slotId,
            path: recordPath,
            detail: `${reading.record.zonedTimes.join(", ")} ${note}`,
          },
        ],
  );
  const ofPool = (record?.zonedTimes ?? []).map((field) => ({
    code: "zoned_time" as const,
    path: join(directory, "pool.json"),
    detail: `${field} ${note}`,
  }));
  return [...ofPool, ...ofSlots];
}
