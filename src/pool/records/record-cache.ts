import { readStamp, stampLength, type FileStamp } from "../../platform/file-stamp.ts";

/** A time stamp as young as this may hide a second write: coarse file systems count in steps of up to two seconds. */
export const racyMilliseconds = 2_000;

/** Keeps what reading a file gave until the file changes. A file that was just written is read again. */
export class RecordCache {
  readonly #readings = new Map<string, { stamp: FileStamp; value: object }>();
  #readSinceSweep = new Set<string>();

  /** Undefined is read again, and is told again at each read. */
  read<T extends object | undefined>(path: string, read: () => T): T {
    this.#readSinceSweep.add(path);
    const isThere = readStamp(path, now);
    const known = this.#readings.get(path);
    // Each path is read by one function alone, which the callers of a cache see to.
    if (isThere && known !== undefined && isSame(known.stamp, now)) return known.value as T;
    const stamp = Float64Array.from(now);
    const value = read();
    if (value !== undefined && isThere && isSettled(stamp) && readStamp(path, now) && isSame(stamp, now))
      this.#readings.set(path, { stamp, value });
    else this.#readings.delete(path);
    return value;
  }

  /** Forgets what nobody has read since the last sweep. */
  sweep(): void {
    for (const path of this.#readings.keys())
      if (!this.#readSinceSweep.has(path)) this.#readings.delete(path);
    this.#readSinceSweep = new Set();
  }
}

/** Written again by each question. */
const now = new Float64Array(stampLength);

function isSame(left: FileStamp, right: FileStamp): boolean {
  return left.every((value, field) => value === right[field]);
}

/** By the time of change, which a program cannot set. */
function isSettled(stamp: FileStamp): boolean {
  return Date.now() - (stamp[stampLength - 1] ?? 0) > racyMilliseconds;
}
