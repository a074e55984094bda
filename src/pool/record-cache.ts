import { readEntry } from "../platform/regular-file.ts";

/** A time stamp as young as this may hide a second write: coarse file systems count in steps of up to two seconds. */
export const racyMilliseconds = 2_000;

/** Keeps what reading a file gave until the file changes. A file that was just written is read again. */
export class RecordCache {
  readonly #readings = new Map<string, { version: string; value: object }>();
  #readSinceSweep = new Set<string>();

  read<T extends object>(path: string, read: () => T): T {
    this.#readSinceSweep.add(path);
    const before = versionOf(path);
    const known = this.#readings.get(path);
    // Each path is read by one function alone, which the callers of a cache see to.
    if (known !== undefined && known.version === before.version) return known.value as T;
    const value = read();
    if (before.isSettled && versionOf(path).version === before.version)
      this.#readings.set(path, { version: before.version, value });
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

function versionOf(path: string): { version: string; isSettled: boolean } {
  const { stats } = readEntry(path);
  if (stats === undefined) return { version: "", isSettled: false };
  const { ino, size, mtimeMs, ctimeMs } = stats;
  // The time of change cannot be set by a program, the time of modification can.
  return {
    version: `${ino}:${size}:${mtimeMs}:${ctimeMs}`,
    isSettled: Date.now() - ctimeMs > racyMilliseconds,
  };
}
