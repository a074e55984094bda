import { readdirSync } from "node:fs";
import { join } from "node:path";
import { systemErrorCode } from "../platform/coded-error.ts";
import { writeFileAtomic } from "../platform/atomic-file.ts";
import { isSlotId } from "../pool/slot-id.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Every process of the pool's user can make files there: more than this are not read. */
const mostHeartbeats = 100_000;

export interface Heartbeats {
  /** When each slot's agent last said that it works: the time of modification of `heartbeats/<slot_id>`. */
  readonly times: ReadonlyMap<string, Date>;
  /** Why some could not be read, so that a slot without one may have one; undefined if all were. */
  readonly unread: string | undefined;
}

export function readHeartbeats(stateDir: string): Heartbeats {
  const directory = join(stateDir, "heartbeats");
  const times = new Map<string, Date>();
  const names = listNames(directory);
  if (names === undefined) return { times, unread: describeUnread(directory) };
  let unread: string | undefined;
  for (const slotId of names.slice(0, mostHeartbeats)) {
    if (!isSlotId(slotId)) continue;
    const entry = uncachedReader.readEntry(join(directory, slotId));
    if (entry.kind === "file" && entry.stats !== undefined) times.set(slotId, entry.stats.mtime);
    if (entry.kind === "unreadable") unread = describeUnread(directory);
  }
  return { times, unread };
}

function describeUnread(directory: string): string {
  return `the heartbeats in ${directory} cannot be read, so whether an agent works in a slot is unknown: give the program's user access to it`;
}

/** @throws the system's error if the state directory cannot be written. */
export function writeHeartbeat(stateDir: string, slotId: string, now: Date): void {
  const directory = join(stateDir, "heartbeats");
  makeStateDirectory(directory);
  writeFileAtomic(join(directory, slotId), `${now.toISOString()}\n`, { mode: 0o600 });
}

/** Undefined if they cannot be listed. */
function listNames(directory: string): string[] | undefined {
  const { kind } = uncachedReader.readEntry(directory);
  if (kind !== "directory") return kind === "missing" ? [] : undefined;
  try {
    return readdirSync(directory);
  } catch (error) {
    return systemErrorCode(error) === "ENOENT" ? [] : undefined;
  }
}
