import { createHash } from "node:crypto";
import { lstatSync } from "node:fs";
import { dirname } from "node:path";
import { racyMilliseconds } from "../pool/record-cache.ts";

/** Of each covered path: inode, size, and the times of modification and of change in milliseconds with fractions. */
const stampLength = 4;

/**
 * What `lstat` says of every path that a probe looked at, so that a later look can tell that nothing changed without
 * reading anything. A path that is not there is covered by its nearest directory, whose times change with its entries.
 */
export class Signature {
  readonly #paths: string[] = [];
  readonly #stamps: number[] = [];
  readonly #covered = new Set<string>();
  #newestChangeAt = 0;

  static of(paths: Iterable<string>): Signature {
    const signature = new Signature();
    for (const path of paths) signature.cover(path);
    return signature;
  }

  get size(): number {
    return this.#paths.length;
  }

  cover(path: string): void {
    for (let current = path; !this.#covered.has(current); current = dirname(current)) {
      this.#covered.add(current);
      const stats = readStats(current);
      if (stats === undefined) continue;
      this.#paths.push(current);
      this.#stamps.push(stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs);
      // Only the system sets the time of change; a program may set the other to what it likes.
      this.#newestChangeAt = Math.max(this.#newestChangeAt, stats.ctimeMs);
      return;
    }
  }

  /**
   * False where something changed so shortly before the probe began, or since, that a further change could carry the
   * same times.
   */
  isTrusted(probeStartedAt: number): boolean {
    return this.#newestChangeAt < probeStartedAt - racyMilliseconds;
  }

  isUnchanged(): boolean {
    for (let index = 0; index < this.#paths.length; index++) {
      const stats = readStats(this.#paths[index] ?? "");
      const at = index * stampLength;
      if (
        stats?.ctimeMs !== this.#stamps[at + 3] ||
        stats?.mtimeMs !== this.#stamps[at + 2] ||
        stats?.size !== this.#stamps[at + 1] ||
        stats?.ino !== this.#stamps[at]
      )
        return false;
    }
    return true;
  }

  /** The same for the same stamps of the same paths, also after a restart. */
  digest(): string {
    const hash = createHash("sha256");
    for (const path of this.#paths) hash.update(`${path}\0`);
    return hash.update(Float64Array.from(this.#stamps)).digest("base64url");
  }
}

function readStats(
  path: string,
): { ino: number; size: number; mtimeMs: number; ctimeMs: number } | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // ENOTDIR, ELOOP or no permission: whatever it is, it is not what a probe could read, and a directory above tells
    // when that changes.
    return undefined;
  }
}
