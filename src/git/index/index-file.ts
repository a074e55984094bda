import { createHash } from "node:crypto";
import { readRange, withOpenFile } from "../../platform/regular-file.ts";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { findIndexExtensions } from "./index-entries.ts";
import { hashAlgorithm } from "../objects/object-id.ts";
import { endsInItsChecksum } from "../packs/pack-index.ts";

export type IndexReading =
  | { readonly kind: "valid"; readonly isSplit: boolean; readonly entryCount: number }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly found: string }
  /** Ours, not the file's fault. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

const headerBytes = 12;
/** Hashed whole; beyond it, some 700,000 entries, only the header is judged and the deep check reads the rest. */
const maxHashedBytes = 64 * 1024 * 1024;
const sliceBytes = 1024 * 1024;
/** Read into again and again: nothing else runs while an index is hashed. */
let scratch: Buffer | undefined;
const supportedVersions = [2, 3, 4];
/** Stat data, object id and flags; a name can be as short as nothing in version 4. */
const leastEntryBytes = 40 + 20 + 2;
/** The longest path there is, beside what the extensions of a very large index take. */
const mostEntryBytes = leastEntryBytes + 12 + 4096;
const mostExtensionBytes = 256 * 1024 * 1024;

/**
 * Header and checksum of an index. An all-zero checksum is valid where the entries fill the file: `index.skipHash`
 * writes it. Source: gitformat-index(5).
 */
export function readIndex(path: string, checksumBytes: 20 | 32): IndexReading {
  const reading = withOpenFile(path, (descriptor, stats) =>
    readIndexContent(descriptor, stats.size, checksumBytes),
  );
  if (reading.kind === "not_a_file") return { kind: "corrupt", found: reading.found };
  if (reading.kind === "unreadable" && !isEnvironmentError(reading.errorCode))
    return { kind: "corrupt", found: reading.errorCode === "ELOOP" ? "a link" : reading.errorCode };
  return reading;
}

function readIndexContent(descriptor: number, size: number, checksumBytes: 20 | 32): IndexReading {
  scratch ??= Buffer.allocUnsafe(sliceBytes);
  const first = readRange(descriptor, 0, Math.min(size, sliceBytes), scratch);
  if (size < headerBytes + checksumBytes || first.length < headerBytes) return corrupt(`${size} bytes`);
  if (first.toString("latin1", 0, 4) !== "DIRC") return corrupt("no DIRC signature");
  const version = first.readUInt32BE(4);
  if (!supportedVersions.includes(version)) return corrupt(`version ${version}`);
  const entryCount = first.readUInt32BE(8);
  const isPlausible =
    entryCount * leastEntryBytes <= size && size <= entryCount * mostEntryBytes + mostExtensionBytes;
  if (!isPlausible) return corrupt(`${size} bytes for ${entryCount} entries`);
  if (size > maxHashedBytes) return { kind: "valid", isSplit: false, entryCount };
  const extensionsFrom = headerBytes + entryCount * leastEntryBytes;
  const { isWhole, recorded, mayBeSplit } =
    first.length === size
      ? hashWhole(first, { extensionsFrom, checksumBytes })
      : hashSlices(descriptor, { size, extensionsFrom, checksumBytes });
  const isUnhashed = recorded.every((byte) => byte === 0);
  if (!isUnhashed && !isWhole) return corrupt("a checksum that does not match");
  if (!isUnhashed && !mayBeSplit) return { kind: "valid", isSplit: false, entryCount };
  const extensions = findIndexExtensions(readRange(descriptor, 0, size), checksumBytes);
  if (extensions === undefined) return corrupt("entries that do not fill it");
  return { kind: "valid", isSplit: extensions.includes("link"), entryCount };
}

interface HashedIndex {
  /** True where the checksum is that of all before it. */
  readonly isWhole: boolean;
  readonly recorded: Buffer;
  /** True where the name of the extension occurs at all, be it in a path. */
  readonly mayBeSplit: boolean;
}

interface IndexShape {
  /** No extension starts before it. */
  readonly extensionsFrom: number;
  readonly checksumBytes: 20 | 32;
}

function hashWhole(index: Buffer, { extensionsFrom, checksumBytes }: IndexShape): HashedIndex {
  const isWhole = endsInItsChecksum(index, checksumBytes);
  const mayBeSplit = index.subarray(0, -checksumBytes).includes("link", extensionsFrom, "latin1");
  return { isWhole, recorded: index.subarray(-checksumBytes), mayBeSplit };
}

function hashSlices(
  descriptor: number,
  { size, extensionsFrom, checksumBytes }: IndexShape & { size: number },
): HashedIndex {
  const hashing = createHash(hashAlgorithm(checksumBytes));
  const end = size - checksumBytes;
  let mayBeSplit = false;
  let tail = "";
  for (let position = 0; position < end; position += sliceBytes) {
    const slice = readRange(descriptor, position, Math.min(sliceBytes, end - position), scratch);
    hashing.update(slice);
    mayBeSplit ||=
      position + slice.length > extensionsFrom &&
      (slice.includes("link", 0, "latin1") || `${tail}${firstBytes(slice)}`.includes("link"));
    tail = slice.toString("latin1", Math.max(slice.length - 3, 0));
  }
  const recorded = readRange(descriptor, end, checksumBytes);
  return { isWhole: hashing.digest().equals(recorded), recorded, mayBeSplit };
}

function firstBytes(slice: Buffer): string {
  return slice.toString("latin1", 0, 3);
}

function corrupt(found: string): IndexReading {
  return { kind: "corrupt", found };
}
