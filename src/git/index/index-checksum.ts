import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { readRange } from "../../platform/regular-file.ts";
import { hashAlgorithm } from "../objects/object-id.ts";

const sliceBytes = 1024 * 1024;

/**
 * Gives an index of this program its checksum if it has none (`index.skipHash`, which `feature.manyFiles` and scalar set):
 * fsck of a git before 2.40 ends on such an index, and reads nothing. @returns true if the file was changed.
 */
export function completeIndexChecksum(path: string, checksumBytes: 20 | 32): boolean {
  const descriptor = openSync(path, "r+");
  try {
    const end = fstatSync(descriptor).size - checksumBytes;
    if (end <= 0 || readRange(descriptor, end, checksumBytes).some((byte) => byte !== 0)) return false;
    const hashing = createHash(hashAlgorithm(checksumBytes));
    for (let position = 0; position < end; position += sliceBytes)
      hashing.update(readRange(descriptor, position, Math.min(sliceBytes, end - position)));
    writeSync(descriptor, hashing.digest(), 0, checksumBytes, end);
    return true;
  } finally {
    closeSync(descriptor);
  }
}
