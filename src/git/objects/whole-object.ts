import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createInflate, deflateSync, inflateSync } from "node:zlib";
import { streamRegularFile } from "../../platform/regular-file.ts";
import { looseObjectPath } from "./loose-object.ts";
import { hashAlgorithm } from "./object-id.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

const mostInflatedAtOnceBytes = 64 * 1024 * 1024;

/** The id that a loose object's content has, whatever its name says. Undefined if it is no whole file of zlib data. */
export async function hashLooseObject(path: string, idBytes: 20 | 32): Promise<string | undefined> {
  const hash = createHash(hashAlgorithm(idBytes));
  const reading = uncachedReader.readRegularFile(path, { maxBytes: mostInflatedAtOnceBytes });
  try {
    if (reading.kind === "too_large") {
      await pipeline(streamRegularFile(path), createInflate(), hash);
      return hash.digest("hex");
    }
    if (reading.kind !== "content") return undefined;
    return hash.update(inflateSync(reading.content)).digest("hex");
  } catch {
    // Damaged zlib data, or an object that cannot be read: undefined.
    return undefined;
  }
}

/** What git hashes, and stores compressed: the header, then the content. */
export function frameObject(type: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
}

export function hashFramed(framed: Buffer, idBytes: 20 | 32): string {
  return createHash(hashAlgorithm(idBytes)).update(framed).digest("hex");
}

/** Writes a loose object into the sidecar's own store; one that is there stays. */
export function writeLooseObject(objectsDirectory: string, objectId: string, framed: Buffer): void {
  const path = looseObjectPath(objectsDirectory, objectId);
  if (uncachedReader.readEntry(path).kind !== "missing") return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, deflateSync(framed), { mode: 0o444 });
}
