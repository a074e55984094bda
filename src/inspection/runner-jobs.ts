import { dirname } from "node:path";
import { listProcessIds, readCommandName } from "../platform/process-identity.ts";
import { findNamespaceLimit } from "../pool/locks/visibility.ts";
import type { JobProcess, Pool } from "../pool/pool.ts";
import { describeProcess, readArguments, readProcessLink, type SlotProcess } from "./slot-process.ts";

/** The process that runs a job in a slot, by the slot's path, as far as the preset of its source tells how to recognise one. */
export type RunnerJobs = ReadonlyMap<string, SlotProcess>;

/** Looks at every process, unless no source has such a preset. */
export function readRunnerJobs(pools: readonly Pool[]): RunnerJobs {
  const watched = pools.filter(({ source }) => source?.jobProcess !== undefined);
  if (watched.length === 0 || findNamespaceLimit() !== undefined) return new Map();
  return new Map(listProcessIds().flatMap((pid) => watched.flatMap((pool) => findJobSlots(pid, pool))));
}

function findJobSlots(pid: number, { source, slots }: Pool): [path: string, job: SlotProcess][] {
  const area = source?.jobProcess === undefined ? undefined : findArea(pid, source.jobProcess);
  if (area === undefined) return [];
  const job = describeProcess(pid);
  return slots.filter(({ path }) => path.startsWith(area)).map(({ path }) => [path, job]);
}

/** The directory, with a slash at its end, below which the process may run a job; undefined if it runs none. */
function findArea(pid: number, { command, argument, reach }: JobProcess): string | undefined {
  if (readCommandName(pid) !== command) return undefined;
  if (argument !== undefined && !readArguments(pid).slice(1).includes(argument)) return undefined;
  if (reach === "machine") return "/";
  // A runner's programs are in its directory, in bin or bin.<version>. Another user's process may work anywhere.
  const program = readProcessLink(pid, "exe");
  const installation = program === undefined ? "/" : dirname(dirname(program));
  return installation === "/" ? "/" : `${installation}/`;
}
