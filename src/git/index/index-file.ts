import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { readRange } from "../../platform/regular-file.ts";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { findIndexExtensions, headerBytes, statBytes } from "./index-entries.ts";
import { hashAlgorithm } from "../objects/object-id.ts";
import { endsInItsChecksum } from "../packs/pack-index.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

export type IndexReading =
  | { readonly kind: "valid" }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly found: string }
  /** The file could not be read: no fault of its content. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** Hashed whole; beyond it, some 700,000 entries, only the header is judged and the deep check reads the rest. */
const maxHashedBytes = 64 * 1024 * 1024;
const sliceBytes = 1024 * 1024;
/** Read into again and again: nothing else runs while an index is hashed. */
let scratch: Buffer | undefined;
const supportedVersions = [2, 3, 4];
/** Stat data, object id and flags; a name can be as short as nothing in version 4. */
const leastEntryBytes = statBytes + 20 + 2;
/** The longest path there is, beside what the extensions of a very large index take. */
const mostEntryBytes = leastEntryBytes + 12 + 4096;
const mostExtensionBytes = 256 * 1024 * 1024;

/**
 * Header and checksum of an index, and of the part that a split index shares with others, which is beside it under its
 * checksum. An all-zero checksum is valid if the entries fill the file: `index.skipHash` writes it.
 * Source: gitformat-index(5).
 */
export function readIndex(reader: SlotReader, path: string, checksumBytes: 20 | 32): IndexReading {
  const { reading, sharedId } = readPart(reader, path, checksumBytes);
  if (reading.kind !== "valid" || sharedId === undefined) return reading;
  const name = `sharedindex.${sharedId}`;
  const shared = readPart(reader, join(dirname(path), name), checksumBytes);
  if (shared.reading.kind === "missing") return corrupt(`no ${name}`);
  if (shared.reading.kind === "corrupt") return corrupt(`${shared.reading.found} in ${name}`);
  if (shared.reading.kind === "unreadable") return shared.reading;
  if (shared.recorded !== undefined && shared.recorded !== sharedId)
    return corrupt(`another checksum in ${name}`);
  return reading;
}

/** One file of an index. */
interface IndexPart {
  readonly reading: IndexReading;
  /** The checksum that it ends in; undefined for one that is not read whole. */
  readonly recorded?: string;
  /** That of the part that it is split from. */
  readonly sharedId?: string | undefined;
}

function readPart(reader: SlotReader, path: string, checksumBytes: 20 | 32): IndexPart {
  const reading = reader.withOpenFile<IndexPart>(path, (descriptor, stats) =>
    readIndexContent(descriptor, stats.size, checksumBytes),
  );
  if ("reading" in reading) return reading;
  if (reading.kind === "not_a_file") return { reading: corrupt(reading.found) };
  if (reading.kind === "unreadable" && !isEnvironmentError(reading.errorCode))
    return { reading: corrupt(reading.errorCode === "ELOOP" ? "a link" : reading.errorCode) };
  return { reading };
}

function readIndexContent(descriptor: number, size: number, checksumBytes: 20 | 32): IndexPart {
  scratch ??= Buffer.allocUnsafe(sliceBytes);
  const first = readRange(descriptor, 0, Math.min(size, sliceBytes), scratch);
  if (size < headerBytes + checksumBytes || first.length < headerBytes)
    return { reading: corrupt(`${size} bytes`) };
  if (first.toString("latin1", 0, 4) !== "DIRC") return { reading: corrupt("no DIRC signature") };
  const version = first.readUInt32BE(4);
  if (!supportedVersions.includes(version)) return { reading: corrupt(`version ${version}`) };
  const entryCount = first.readUInt32BE(8);
  const isPlausible =
    entryCount * leastEntryBytes <= size && size <= entryCount * mostEntryBytes + mostExtensionBytes;
  if (!isPlausible) return { reading: corrupt(`${size} bytes for ${entryCount} entries`) };
  const reading = { kind: "valid" as const };
  if (size > maxHashedBytes) return { reading };
  const extensionsFrom = headerBytes + entryCount * leastEntryBytes;
  const { isWhole, recorded, mayBeSplit } =
    first.length === size
      ? hashWhole(first, { extensionsFrom, checksumBytes })
      : hashSlices(descriptor, { size, extensionsFrom, checksumBytes });
  const isUnhashed = recorded.every((byte) => byte === 0);
  if (!isUnhashed && !isWhole) return { reading: corrupt("a checksum that does not match") };
  const part = { reading, recorded: recorded.toString("hex") };
  if (!isUnhashed && !mayBeSplit) return part;
  return readExtensions(readRange(descriptor, 0, size), part, checksumBytes);
}

/** What the entries and extensions of a whole file show. */
function readExtensions(index: Buffer, part: IndexPart, checksumBytes: 20 | 32): IndexPart {
  const extensions = findIndexExtensions(index, checksumBytes);
  if (extensions === undefined) return { reading: corrupt("entries that do not fill it") };
  const link = extensions.find(({ name }) => name === "link");
  if (link === undefined) return part;
  if (link.length < checksumBytes) return { reading: corrupt("a link extension that is cut off") };
  const sharedId = index.toString("hex", link.start, link.start + checksumBytes);
  // Nothing but zeros: it shares nothing.
  return /^0*$/.test(sharedId) ? part : { ...part, sharedId };
}

interface HashedIndex {
  /** True if the checksum is that of all before it. */
  readonly isWhole: boolean;
  readonly recorded: Buffer;
  /** True if the name of the extension occurs at all, even in a path. */
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
