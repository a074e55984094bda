import { readStamp, stampLength, type FileStamp } from "../../platform/file-stamp.ts";

/** A time stamp as young as this may hide a second write: coarse file systems count in steps of up to two seconds. */
export const racyMilliseconds = 2_000;

interface Reading {
  readonly stamp: FileStamp;
  readonly value: unknown;
  /** The round in which it was last read. */
  look: number;
}

/** Keeps what reading a file, or a directory, gave until it changes. One that was just written is read again. */
export class RecordCache {
  readonly #readings = new Map<string, Reading>();
  #look = 0;
  #sweptLook = -1;

  /** Begins a new round: every path is compared again. */
  beginLook(): void {
    this.#look++;
  }

  /**
   * @param path read by one function alone, which the callers of a cache see to
   * @param isKept false for a reading that failed: the next may succeed though the file has not changed
   */
  read<T>(path: string, read: () => T, isKept: (value: T) => boolean = () => true): T {
    const isThere = readStamp(path, now);
    const known = this.#readings.get(path);
    if (isThere && known !== undefined && isSame(known.stamp, now)) {
      known.look = this.#look;
      return known.value as T;
    }
    const stamp = Float64Array.from(now);
    const value = read();
    if (isThere && isKept(value) && isSettled(stamp) && readStamp(path, now) && isSame(stamp, now))
      this.#readings.set(path, { stamp, value, look: this.#look });
    else this.#readings.delete(path);
    return value;
  }

  has(path: string): boolean {
    return this.#readings.has(path);
  }

  /** The stamp of a path, from this round if it was read already, so that the system is not asked twice. */
  readStamp(path: string, into: FileStamp): boolean {
    const known = this.#readings.get(path);
    if (known?.look !== this.#look) return readStamp(path, into);
    into.set(known.stamp);
    return true;
  }

  /** Forgets what was not read since the last sweep. */
  sweep(): void {
    for (const [path, { look }] of this.#readings) if (look <= this.#sweptLook) this.#readings.delete(path);
    this.#sweptLook = this.#look;
    this.beginLook();
  }
}

/** Without a cache, each reading is a new one. */
export function readCached<T>(
  cache: RecordCache | undefined,
  path: string,
  read: () => T,
  isKept?: (value: T) => boolean,
): T {
  return cache === undefined ? read() : cache.read(path, read, isKept);
}

/** Written again by each question. */
const now = new Float64Array(stampLength);

function isSame(left: FileStamp, right: FileStamp): boolean {
  for (let field = 0; field < stampLength; field++) if (left[field] !== right[field]) return false;
  return true;
}

/** By the time of change, which a program cannot set. */
function isSettled(stamp: FileStamp): boolean {
  return Date.now() - (stamp[stampLength - 1] ?? 0) > racyMilliseconds;
}
