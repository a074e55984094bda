import { readdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../platform/atomic-file.ts";
import { isSlotId } from "../pool/slot-id.ts";
import { makeStateDirectory } from "../platform/state-directory.ts";
import { uncachedReader } from "../platform/slot-reader.ts";

/** Every process of the pool's user can make files there: more than this are not read. */
const mostHeartbeats = 100_000;

/** When each slot's agent last said that it works: the time of modification of `heartbeats/<slot_id>`. */
export function readHeartbeats(stateDir: string): Map<string, Date> {
  const directory = join(stateDir, "heartbeats");
  const heartbeats = new Map<string, Date>();
  for (const slotId of listNames(directory).slice(0, mostHeartbeats)) {
    if (!isSlotId(slotId)) continue;
    const entry = uncachedReader.readEntry(join(directory, slotId));
    if (entry.kind === "file" && entry.stats !== undefined) heartbeats.set(slotId, entry.stats.mtime);
  }
  return heartbeats;
}

/** @throws the system's error if the state directory cannot be written. */
export function writeHeartbeat(stateDir: string, slotId: string, now: Date): void {
  const directory = join(stateDir, "heartbeats");
  makeStateDirectory(directory);
  writeFileAtomic(join(directory, slotId), `${now.toISOString()}\n`, { mode: 0o600 });
}

function listNames(directory: string): string[] {
  return uncachedReader.readEntry(directory).kind === "directory" ? readdirSync(directory) : [];
}
