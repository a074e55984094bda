import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { readStamp, stampLength, type ReadStamp } from "../../platform/file-stamp.ts";
import { racyMilliseconds } from "../../pool/records/record-cache.ts";

/** Written again by each question. */
const stamp = new Float64Array(stampLength);

/**
 * What `lstat` says of every path that a probe looked at, so that a later look can tell that nothing changed without
 * reading anything. A path that is not there is covered by its nearest directory, whose times change with its entries.
 */
export class Signature {
  readonly #paths: string[] = [];
  /** Of each path in turn. */
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
      // Whatever cannot be asked is not what a probe could read, and a directory above tells when that changes.
      if (!readStamp(current, stamp)) continue;
      this.#paths.push(current);
      this.#stamps.push(...stamp);
      // Only the system sets the time of change; a program may set the other to what it likes.
      this.#newestChangeAt = Math.max(this.#newestChangeAt, stamp[stampLength - 1] ?? 0);
      return;
    }
  }

  /**
   * False if something changed so shortly before the probe began, or since, that a further change could carry the
   * same times.
   */
  isTrusted(probeStartedAt: number): boolean {
    return this.#newestChangeAt < probeStartedAt - racyMilliseconds;
  }

  /** `read` may know some stamps of this moment already. */
  isUnchanged(read: ReadStamp = readStamp): boolean {
    for (let index = 0, at = 0; index < this.#paths.length; index++) {
      if (!read(this.#paths[index] ?? "", stamp)) return false;
      for (let field = 0; field < stampLength; field++, at++)
        if (stamp[field] !== this.#stamps[at]) return false;
    }
    return true;
  }

  /** The same for the same stamps of the same paths, whichever of the signatures has each, also after a restart. */
  digest(...others: readonly Signature[]): string {
    const hash = createHash("sha256");
    const stamps = new Map([this, ...others].flatMap((signature) => signature.#entries()));
    for (const path of [...stamps.keys()].sort()) {
      hash.update(`${path}\0`);
      hash.update(Float64Array.from(stamps.get(path) ?? []));
    }
    return hash.digest("base64url");
  }

  #entries(): [path: string, stamp: readonly number[]][] {
    return this.#paths.map((path, index) => [
      path,
      this.#stamps.slice(index * stampLength, (index + 1) * stampLength),
    ]);
  }
}
