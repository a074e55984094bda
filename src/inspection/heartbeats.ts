import { join } from "node:path";
import { writeFileAtomic } from "../platform/atomic-file.ts";
import { secondsBetween } from "../platform/clock.ts";
import { isSlotId } from "../pool/slot-id.ts";
import { listStateDirectory, makeStateDirectory } from "../platform/state-directory.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import { writtenAt } from "../platform/written-at.ts";

export interface Heartbeats {
  /** When each slot's agent last said that it works: the time of modification of `heartbeats/<slot_id>`. */
  readonly times: ReadonlyMap<string, Date>;
  /** Why some could not be read, so that a slot without one may have one; undefined if all were. */
  readonly unread: string | undefined;
}

export function readHeartbeats(stateDir: string): Heartbeats {
  const directory = join(stateDir, "heartbeats");
  const times = new Map<string, Date>();
  const names = listStateDirectory(directory);
  if (names === undefined) return { times, unread: describeUnread(directory) };
  let unread: string | undefined;
  for (const slotId of names) {
    if (!isSlotId(slotId)) continue;
    const entry = uncachedReader.readEntry(join(directory, slotId));
    if (entry.kind === "file" && entry.stats !== undefined) times.set(slotId, writtenAt(entry.stats));
    if (entry.kind === "unreadable") unread = describeUnread(directory);
  }
  return { times, unread };
}

function describeUnread(directory: string): string {
  return `the heartbeats in ${directory} cannot be read, so whether an agent works in a slot is unknown: give the program's user access to it`;
}

/** A heartbeat from further in the future than clocks differ proves nothing. */
export function isFreshHeartbeat(heartbeatAt: Date, now: Date, maxAgeSeconds: number): boolean {
  return Math.abs(secondsBetween(heartbeatAt, now)) <= maxAgeSeconds;
}

/** @throws the system's error if the state directory cannot be written. */
export function writeHeartbeat(stateDir: string, slotId: string, now: Date): void {
  const directory = join(stateDir, "heartbeats");
  makeStateDirectory(directory);
  writeFileAtomic(join(directory, slotId), `${now.toISOString()}\n`, { mode: 0o600 });
}
