import { createHash } from "node:crypto";
import { readRange, readRegularFile, withOpenFile } from "../platform/regular-file.ts";

export type IndexReading =
  | { readonly kind: "valid"; readonly isSplit: boolean }
  | { readonly kind: "missing" }
  | { readonly kind: "corrupt"; readonly found: string };

const headerBytes = 12;
const maxHashedBytes = 64 * 1024 * 1024;
const supportedVersions = [2, 3, 4];

/**
 * Header and checksum of an index. An all-zero checksum is valid: `index.skipHash` writes it.
 * An index over 64 MiB is judged by its header alone. Source: gitformat-index(5).
 */
export function readIndex(path: string, checksumBytes: 20 | 32): IndexReading {
  const header = withOpenFile(path, (descriptor, stats) => ({
    kind: "header" as const,
    bytes: readRange(descriptor, 0, headerBytes),
    size: stats.size,
  }));
  if (header.kind === "missing") return header;
  if (header.kind !== "header")
    return { kind: "corrupt", found: header.kind === "unreadable" ? header.errorCode : header.found };
  const { bytes, size } = header;
  if (size < headerBytes + checksumBytes) return { kind: "corrupt", found: `${size} bytes` };
  if (bytes.toString("latin1", 0, 4) !== "DIRC") return { kind: "corrupt", found: "no DIRC signature" };
  const version = bytes.readUInt32BE(4);
  if (!supportedVersions.includes(version)) return { kind: "corrupt", found: `version ${version}` };
  return size > maxHashedBytes ? { kind: "valid", isSplit: false } : readIndexChecksum(path, checksumBytes);
}

function readIndexChecksum(path: string, checksumBytes: 20 | 32): IndexReading {
  const reading = readRegularFile(path, { maxBytes: maxHashedBytes });
  if (reading.kind !== "content") return { kind: "corrupt", found: reading.kind };
  const body = reading.content.subarray(0, -checksumBytes);
  const recorded = reading.content.subarray(-checksumBytes);
  const actual = createHash(checksumBytes === 20 ? "sha1" : "sha256")
    .update(body)
    .digest();
  const isSkipped = recorded.every((byte) => byte === 0);
  if (!isSkipped && !actual.equals(recorded))
    return { kind: "corrupt", found: "a checksum that does not match" };
  return { kind: "valid", isSplit: body.includes("link", 0, "latin1") };
}
