import { join } from "node:path";
import { CodedError } from "../platform/coded-error.ts";
import { asFields, asList, asNumber } from "../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../platform/stored-file.ts";
import { journalEntryFormat, type JournalEntry } from "./journal-entry.ts";

/** What is kept of files that rotation removed: enough that counters, waits and interrupted steps stay as they were. */
export interface JournalCheckpoint {
  /** The number of the last file that these stand for; 0 if none was removed. */
  readonly through: number;
  readonly entries: readonly JournalEntry[];
}

const fileName = "carried.json";

export const journalCheckpointFormat: StoredFormat<JournalCheckpoint> = {
  name: "the checkpoint of the journal",
  version: 1,
  maxBytes: 64 * 1024 * 1024,
  parse(fields) {
    const [through, entries] = [asNumber(fields["through"]), asList(fields["entries"])];
    if (through === undefined || entries === undefined) return undefined;
    return {
      through,
      entries: entries.flatMap((each) => journalEntryFormat.parse(asFields(each) ?? {}) ?? []),
    };
  },
  format: ({ through, entries }) => ({ through, entries }),
};

/** @throws CodedError `STORED_FILE_NEWER`, or `JOURNAL_UNREADABLE` if the file is there and cannot be read. */
export function readJournalCheckpoint(directory: string): JournalCheckpoint {
  const path = join(directory, fileName);
  const reading = readStoredFile(path, journalCheckpointFormat);
  if (reading.kind === "missing") return { through: 0, entries: [] };
  if (reading.kind === "stored") return reading.value;
  const advice = "move it aside; the counters then begin again";
  throw new CodedError("JOURNAL_UNREADABLE", `${path}: ${reading.detail}: ${advice}`);
}

export function writeJournalCheckpoint(directory: string, checkpoint: JournalCheckpoint): void {
  writeStoredFile(join(directory, fileName), journalCheckpointFormat, checkpoint);
}

/** As many failures in a row as the longest wait needs. */
const keptOutcomesOfSlot = 8;
/** Of all slots together: anybody can make lock files, and each name counts as a slot's. */
const mostKeptOutcomes = 5_000;

/**
 * Shortens entries to what later runs need of them. Kept as they are: interrupted steps with their notes, the last
 * outcomes of each slot, the last storm of each pool. The rest of the outcomes and runs become one line for each
 * combination of their words, with a count.
 */
export function shortenEntries(entries: readonly JournalEntry[]): JournalEntry[] {
  const kept = selectKept(entries);
  const sums = new Map<string, JournalEntry>();
  for (const entry of entries) {
    if (kept.has(entry)) continue;
    const counted = asCounted(entry);
    if (counted === undefined) continue;
    const key = JSON.stringify(keyOf(counted));
    const sum = sums.get(key);
    sums.set(key, sum === undefined ? counted : add(sum, counted));
  }
  return [...sums.values(), ...entries.filter((entry) => kept.has(entry))];
}

function selectKept(entries: readonly JournalEntry[]): ReadonlySet<JournalEntry> {
  return new Set([...selectInterrupted(entries), ...selectNewest(entries)]);
}

function selectInterrupted(entries: readonly JournalEntry[]): JournalEntry[] {
  const stepIds = (kind: JournalEntry["kind"]): Set<string | undefined> =>
    new Set(entries.filter((entry) => entry.kind === kind).map(({ step_id }) => step_id));
  const ended = stepIds("outcome");
  const begun = stepIds("intent");
  const open = entries.filter(
    ({ step_id }) => step_id !== undefined && begun.has(step_id) && !ended.has(step_id),
  );
  const runs = new Set(open.map(({ recovery_id }) => recovery_id));
  return [
    ...open,
    ...entries.filter(({ kind, recovery_id }) => kind === "run_started" && runs.has(recovery_id)),
  ];
}

/** What the waits of the next runs are reckoned from. */
function selectNewest(entries: readonly JournalEntry[]): JournalEntry[] {
  const kept: JournalEntry[] = [];
  const countBySlot = new Map<string, number>();
  const stormyPools = new Set<string>();
  const outcomes = entries.filter(
    ({ kind, mode, count }) => kind === "outcome" && mode === "live" && count === undefined,
  );
  for (const entry of outcomes.toReversed()) {
    const { slot_id: slotId = "", repo_name: repoName = "" } = entry;
    if (isStorm(entry) && !stormyPools.has(repoName)) {
      stormyPools.add(repoName);
      kept.push(entry);
    }
    const count = countBySlot.get(slotId) ?? 0;
    const isFull = count >= keptOutcomesOfSlot || kept.length >= mostKeptOutcomes;
    if (entry.outcome === "refused" || isFull) continue;
    countBySlot.set(slotId, count + 1);
    kept.push(entry);
  }
  return kept;
}

function isStorm({ reason, data }: JournalEntry): boolean {
  return reason === "storm" && data?.["observed"] === true;
}

/** The part of a line that counters are made of; undefined if none is. */
function asCounted(entry: JournalEntry): JournalEntry | undefined {
  const { schema_version, at, kind, trigger, mode, repo_name, action, outcome, reason, salvage_id } = entry;
  if (kind !== "outcome" && kind !== "run_finished") return undefined;
  const base = { schema_version, at, kind, recovery_id: "", trigger, mode, count: entry.count ?? 1 };
  if (kind === "run_finished") {
    const results = resultsOf(entry);
    return { ...base, data: { results } };
  }
  const seconds = entry.duration_seconds ?? 0;
  const total = entry.data?.["total_duration_seconds"];
  return {
    ...base,
    ...{ repo_name, action, outcome },
    reason: outcome === "refused" ? reason : undefined,
    salvage_id: salvage_id && "carried",
    duration_seconds: roundUp(seconds),
    data: { total_duration_seconds: typeof total === "number" ? total : seconds },
  };
}

/** To two significant digits: no bound of a histogram lies between a duration and its rounded form. */
function roundUp(seconds: number): number {
  if (seconds <= 0) return 0;
  const exponent = Math.floor(Math.log10(seconds)) - 1;
  const rounded = Math.ceil(Number((seconds / 10 ** exponent).toPrecision(12))) * 10 ** exponent;
  return Number(rounded.toPrecision(2));
}

function keyOf(entry: JournalEntry): unknown[] {
  const { kind, trigger, mode, repo_name, action, outcome, reason, salvage_id, duration_seconds } = entry;
  const hasErrors = Object.values(resultsOf(entry)).some((results) => (results["errors"] ?? 0) > 0);
  return [kind, trigger, mode, repo_name, action, outcome, reason, salvage_id, duration_seconds, hasErrors];
}

function add(left: JournalEntry, right: JournalEntry): JournalEntry {
  const count = (left.count ?? 1) + (right.count ?? 1);
  const at = left.at > right.at ? left.at : right.at;
  if (left.kind === "run_finished")
    return { ...left, at, count, data: { results: addResults(resultsOf(left), resultsOf(right)) } };
  const total = [left, right].map(({ data }) => Number(data?.["total_duration_seconds"] ?? 0));
  return { ...left, at, count, data: { total_duration_seconds: (total[0] ?? 0) + (total[1] ?? 0) } };
}

type Results = Record<string, Record<string, number>>;

function resultsOf({ data }: JournalEntry): Results {
  const results = data?.["results"];
  return typeof results === "object" && results !== null ? (results as Results) : {};
}

function addResults(left: Results, right: Results): Results {
  const sums = structuredClone(left);
  for (const [repoName, results] of Object.entries(right)) {
    const ofPool = (sums[repoName] ??= {});
    for (const [name, count] of Object.entries(results)) ofPool[name] = (ofPool[name] ?? 0) + count;
  }
  return sums;
}
