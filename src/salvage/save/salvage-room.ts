import { systemErrorCode } from "../../platform/coded-error.ts";
import { readFileSystem } from "../../platform/file-system.ts";
import { formatMebibytes } from "../../platform/readable-units.ts";
import { fullDiskWords } from "../../platform/environment-error.ts";

/** Nothing is saved: the files do not fit into what may be used of the disk. */
export class NoRoomError extends Error {}

const words = new RegExp(`: ${fullDiskWords}$`, "m");

/** True if work could not be saved for lack of space alone: it can be as soon as there is some. */
export function isForLackOfRoom(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NoRoomError || words.test(cause.message)) return true;
    if (["ENOSPC", "EDQUOT"].includes(systemErrorCode(cause) ?? "")) return true;
  }
  return false;
}

/** How much of the reserve a salvage may use, so that a slot with a small edit can be released on a full disk. */
const littleBytes = 64 * 1024 * 1024;

/** How many bytes a salvage may still read from files; what is written for them is rarely more. */
export class SalvageRoom {
  #leftBytes: number;

  /** `minFreeRatio`: the share of the file system of `directory` that has to stay free. */
  constructor(directory: string, minFreeRatio: number) {
    this.#leftBytes = readRoom(directory, minFreeRatio);
  }

  /** By its size, since git stores what a hole in a sparse file reads as. @throws NoRoomError */
  take(bytes: number): void {
    if (bytes > this.#leftBytes)
      throw new NoRoomError(
        `${formatMebibytes(bytes)} more are to be saved, but only ${formatMebibytes(this.#leftBytes)} may be used because of recovery.min_free_ratio: free some space, or let \`salvage prune\` do so`,
      );
    this.#leftBytes -= bytes;
  }
}

function readRoom(directory: string, minFreeRatio: number): number {
  const system = readFileSystem(directory);
  // Not every file system says: a write fails if there is no space.
  if (system === undefined) return Infinity;
  const { sizeBytes, availBytes } = system;
  return Math.max(availBytes - minFreeRatio * sizeBytes, Math.min(littleBytes, availBytes / 2));
}
