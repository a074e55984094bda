import { accessSync, constants, readdirSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../platform/coded-error.ts";
import { describeUnread } from "../platform/unread-path.ts";
import { takeAllSteps } from "../platform/steps.ts";
import { readEntry } from "../platform/regular-file.ts";
import { fileVersion, readJsonFile } from "./records/json-file.ts";
import { mainRepositoryPath, slotRecordPath } from "./layouts/layout.ts";
import { layouts } from "./layouts/layouts.ts";
import { readCached, type RecordCache } from "./records/record-cache.ts";
import type { LayoutKind, Pool, PoolProblem, Slot, SlotRecordReading } from "./pool.ts";
import { parsePoolRecord, type PoolRecord } from "./records/pool-record.ts";
import { listPoolDirectories, type UnreadDirectory } from "./pool-directories.ts";
import { formatSlotId } from "./slot-id.ts";
import { parseSlotRecord, readTornFields } from "./records/slot-record.ts";
import { writtenAt } from "../platform/written-at.ts";

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

/** What a workspaces directory holds, as far as it could be read. */
export interface PoolsReading {
  readonly pools: Pool[];
  /** What may be a pool and is none that could be read: a link that leads nowhere, a name that is not UTF-8. */
  readonly unread: readonly UnreadDirectory[];
  /** Every other name that is taken: it may become a pool, or be one under another name, so its locks are not judged. */
  readonly otherNames: readonly string[];
  /** Of every directory that may be a pool, also if only one of them was read. */
  readonly listedNames: readonly string[];
}

/**
 * Reads every pool of a workspaces directory. A broken pool becomes a pool with `problems`.
 * @throws CodedError `WORKSPACES_UNREADABLE` if the directory itself cannot be listed.
 */
export function readPools(workspacesDir: string, options: PoolReadingOptions): Pool[] {
  return readInventory(workspacesDir, options).pools;
}

/** The same, with what could not be read. @throws the same */
export function readInventory(workspacesDir: string, options: PoolReadingOptions): PoolsReading {
  return takeAllSteps(readPoolsInSteps(workspacesDir, options));
}

/** The same, with a step for each slot, so that others can run in between. @throws the same */
export function* readPoolsInSteps(
  workspacesDir: string,
  options: PoolReadingOptions,
): Generator<undefined, PoolsReading> {
  const { names, unread, otherNames: taken } = listPoolDirectories(workspacesDir);
  const pools: Pool[] = [];
  const otherNames = [...taken];
  for (const name of names) {
    if (options.only !== undefined && name !== options.only) continue;
    const pool = yield* readPool(join(workspacesDir, name), name, options);
    if (pool === undefined) otherNames.push(name);
    else pools.push(pool);
  }
  return { pools, unread, otherNames, listedNames: names };
}

/** Undefined if the directory is no pool (yet): the neighbour writes pool.json last. */
function* readPool(
  directory: string,
  name: string,
  options: PoolReadingOptions,
): Generator<undefined, Pool | undefined> {
  const closed = findClosed(directory);
  if (closed !== undefined) return unreadPool(directory, name, closed);
  const path = join(directory, "pool.json");
  const read = (): PoolRecordReading => readPoolRecord(path, name, options.timeZone);
  const { record, problems, isMissing } = readCached(options.cache, path, read, ({ isUnread }) => !isUnread);
  const layout = detectLayout(directory);
  const listed = listSlotNumbers(directory, layout);
  if (isMissing && !hasSlotRecord(directory, listed.numbers)) return undefined;
  const present: Slot[] = [];
  for (const number of listed.numbers) {
    present.push(readSlot({ directory, name, layout, number }, options));
    yield;
  }
  // What a folder that may not be read hides is not missing.
  const missing =
    listed.problems.length > 0
      ? { numbers: [], problems: listed.problems }
      : inferMissingSlots(present, record, options.rememberedNumbers?.(name) ?? []);
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

/** Undefined if the directory may be listed and what is in it looked at; else the system's error code. */
function findClosed(directory: string): string | undefined {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return systemErrorCode(error) ?? "EIO";
  }
}

function unreadPool(directory: string, repoName: string, errorCode: string): Pool {
  const nothing = { record: undefined, repoUrl: undefined, slots: [], layout: "clone" as const };
  return { ...nothing, repoName, directory, problems: [unreadProblem(directory, errorCode)] };
}

function unreadProblem(path: string, errorCode: string): PoolProblem {
  return { code: "unread", path, detail: describeUnread(path, errorCode) };
}

interface PoolRecordReading {
  readonly record: PoolRecord | undefined;
  readonly problems: PoolProblem[];
  readonly isMissing?: true;
  readonly isUnread?: true;
}

function readPoolRecord(path: string, name: string, timeZone: string): PoolRecordReading {
  const problem = (detail: string): PoolProblem => ({ code: "pool_metadata_invalid", path, detail });
  const reading = readJsonFile(path);
  switch (reading.kind) {
    case "missing":
      return { record: undefined, problems: [problem("pool.json is missing")], isMissing: true };
    case "unreadable":
      return { record: undefined, problems: [unreadProblem(path, reading.errorCode)], isUnread: true };
    case "invalid":
      return { record: undefined, problems: [problem(reading.detail)] };
    case "json":
      return checkPoolRecord(parsePoolRecord(reading.value, timeZone), name, problem);
  }
}

function checkPoolRecord(
  parsed: ReturnType<typeof parsePoolRecord>,
  name: string,
  problem: (detail: string) => PoolProblem,
): PoolRecordReading {
  if (parsed.kind === "invalid") {
    const details = parsed.problems.map(
      ({ field, expected, found }) => `${field}: expected ${expected}, found ${found}`,
    );
    return { record: undefined, problems: [problem(details.join("; "))] };
  }
  const differs = parsed.value.repoName !== name;
  const problems = differs ? [problem(`repo_name: expected ${name}, found ${parsed.value.repoName}`)] : [];
  return { record: parsed.value, problems };
}

function detectLayout(directory: string): LayoutKind {
  const isWorktree =
    readEntry(mainRepositoryPath(directory)).kind === "directory" ||
    readEntry(join(directory, "worktrees")).kind === "directory";
  return isWorktree ? "worktree" : "clone";
}

function listSlotNumbers(
  directory: string,
  layout: LayoutKind,
): { numbers: number[]; problems: PoolProblem[] } {
  const numbers = new Set<number>();
  const problems: PoolProblem[] = [];
  for (const parent of layouts[layout].slotParents(directory)) {
    // The pool's own directory may be a link to another disk; below it no link is followed.
    if (parent !== directory && readEntry(parent).kind !== "directory") continue;
    try {
      for (const name of readdirSync(parent)) numbers.add(Number(slotDirectoryPattern.exec(name)?.[1] ?? 0));
    } catch (error) {
      problems.push(unreadProblem(parent, systemErrorCode(error) ?? "EIO"));
    }
  }
  return { numbers: [...numbers].filter((number) => number > 0).sort((a, b) => a - b), problems };
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

function readSlot(place: SlotPlace, options: PoolReadingOptions): Slot {
  const recordPath = slotRecordPath(place.directory, place.number);
  const read = (): SlotRecordReading => readSlotRecord(recordPath, options.timeZone);
  return {
    slotId: formatSlotId(place.name, place.number),
    repoName: place.name,
    number: place.number,
    layout: place.layout,
    recordPath,
    path: layouts[place.layout].slotPath(place.directory, place.number),
    reading: readCached(options.cache, recordPath, read, ({ kind }) => kind !== "unreadable"),
  };
}

export function readSlotRecord(path: string, timeZone: string): SlotRecordReading {
  const reading = readJsonFile(path);
  switch (reading.kind) {
    case "missing":
      return { kind: "missing" };
    case "unreadable":
      return { kind: "unreadable", detail: reading.detail, errorCode: reading.errorCode };
    case "invalid": {
      const problem = { field: "", expected: "a JSON object", found: reading.detail };
      const fields = readTornFields(reading.text ?? "");
      return { kind: "invalid", problems: [problem], fields, version: fileVersion(reading.stats) };
    }
    case "json": {
      const version = fileVersion(reading.stats);
      const parsed = parseSlotRecord(reading.value, timeZone);
      if (parsed.kind === "invalid") return { ...parsed, version };
      return { kind: "valid", record: parsed.value, version, modifiedAt: writtenAt(reading.stats) };
    }
  }
}

/** False once another program wrote slot.json, whatever it holds: what was decided by the reading is then out of date. */
export function isStillAsRead({ recordPath, reading }: Slot, timeZone: string): boolean {
  if (reading.kind === "unrecorded") return true;
  const now = readSlotRecord(recordPath, timeZone);
  return now.kind === reading.kind && versionOf(now) === versionOf(reading);
}

function versionOf(reading: SlotRecordReading): string | undefined {
  return "version" in reading ? reading.version : undefined;
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
    "carries a zone, which the pool manager cannot compare with its local times; the next write of the sidecar removes it";
  const ofSlots = slots.flatMap(({ reading, slotId, recordPath: path }) => {
    if (reading.kind !== "valid" || reading.record.zonedTimes.length === 0) return [];
    const detail = `${reading.record.zonedTimes.join(", ")} ${note}`;
    return [{ code: "zoned_time" as const, slotId, path, detail }];
  });
  const ofPool = (record?.zonedTimes ?? []).map((field) => ({
    code: "zoned_time" as const,
    path: join(directory, "pool.json"),
    detail: `${field} ${note}`,
  }));
  return [...ofPool, ...ofSlots];
}
