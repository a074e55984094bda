import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readFileSystem } from "../../platform/file-system.ts";
import { formatMebibytes } from "../../platform/readable-units.ts";
import { readEntry } from "../../platform/regular-file.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import type { Refusal } from "../refusal.ts";

/** What a clone of the pool's repository is measured by: the slot itself, and another slot that may be more whole. */
const mostMeasuredEntries = 300_000;
const blockBytes = 512;

/**
 * A clone is begun only if it fits: free space must be the size of a clone, and the given share of the file system,
 * whichever is more.
 */
export function refuseForDiskSpace(
  place: { stateDir: string; pool: Pool; slot: Slot },
  minFreeRatio: number,
): Refusal | undefined {
  const system = readFileSystem(place.stateDir);
  // Not every file system says: the clone itself fails if there is no space.
  if (system === undefined) return undefined;
  const { sizeBytes, availBytes: freeBytes } = system;
  const neededBytes = Math.max(cloneBytes(place), minFreeRatio * sizeBytes);
  if (freeBytes >= neededBytes) return undefined;
  const detail = `${formatMebibytes(freeBytes)} free, ${formatMebibytes(neededBytes)} needed for a clone`;
  return { reason: "disk_space", detail };
}

function cloneBytes({ pool, slot }: { pool: Pool; slot: Slot }): number {
  const other = pool.slots.find(({ slotId }) => slotId !== slot.slotId);
  return Math.max(diskBytes(slot.path), other === undefined ? 0 : diskBytes(other.path));
}

/** Up to a bound of entries; links are not followed. */
function diskBytes(root: string): number {
  let bytes = 0;
  const pending = [root];
  for (let count = 0; pending.length > 0 && count < mostMeasuredEntries; count++) {
    const path = pending.pop() ?? root;
    const { kind, stats } = readEntry(path);
    bytes += (stats?.blocks ?? 0) * blockBytes;
    if (kind === "directory") pending.push(...readNames(path));
  }
  return bytes;
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name));
  } catch {
    // What cannot be read is not measured.
    return [];
  }
}
