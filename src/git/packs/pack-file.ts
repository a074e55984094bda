import { readRange } from "../../platform/regular-file.ts";
import { inflate, maxObjectBytes, type GitObject, type ObjectReading } from "../objects/loose-object.ts";
import type { PackIndexEnds } from "./pack-index.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

const headerBytes = 12;

/** What is wrong with the ends of a pack, its middle unread; undefined if they agree with its index. */
export function findPackFault(reader: SlotReader, path: string, index: PackIndexEnds): string | undefined {
  const idBytes = index.packChecksum.length;
  const found = reader.withOpenFile(path, (descriptor, stats) => {
    const head = readRange(descriptor, 0, headerBytes);
    if (stats.size < headerBytes + idBytes || head.length < headerBytes) return text(`${stats.size} bytes`);
    if (head.toString("latin1", 0, 4) !== "PACK") return text("no signature");
    const version = head.readUInt32BE(4);
    if (version !== 2 && version !== 3) return text(`version ${version}`);
    const objectCount = head.readUInt32BE(8);
    if (objectCount !== index.objectCount)
      return text(`${objectCount} objects, its index has ${index.objectCount}`);
    const trailer = readRange(descriptor, stats.size - idBytes, idBytes);
    return trailer.equals(index.packChecksum)
      ? { kind: "sound" as const }
      : text("an end that its index does not know");
  });
  if (found.kind === "sound") return undefined;
  if (found.kind === "text") return found.text;
  return found.kind === "unreadable" ? found.errorCode : found.kind;
}

function text(value: string): { readonly kind: "text"; readonly text: string } {
  return { kind: "text", text: value };
}

const typeNames = ["", "commit", "tree", "blob", "tag"];
/** A commit's usual size compressed; a longer one is read again with more. */
const firstReadBytes = 4096;
/** Read into again and again: what is in it has been inflated before the next object is read. */
const firstRead = Buffer.allocUnsafe(firstReadBytes);

/** The commit and its tree, of slots in a few states. */
const mostTwins = 16;
/** What was inflated last, by the bytes that it was read from: clones of one remote have the same in their packs. */
const twins: { readonly start: Buffer; readonly object: GitObject }[] = [];

function rememberTwin(start: Buffer, object: GitObject): void {
  if (twins.length >= mostTwins) twins.shift();
  twins.push({ start: Buffer.from(start), object });
}

/** A whole object of a pack. A delta is left to git. */
export function readPackedObject(reader: SlotReader, path: string, offset: number): ObjectReading {
  const reading = reader.withOpenFile(path, (descriptor, stats): ObjectReading => {
    const start = readRange(descriptor, offset, firstReadBytes, firstRead);
    const twin = twins.find((each) => each.start.equals(start));
    if (twin !== undefined) return { kind: "object", object: twin.object };
    const header = parseEntryHeader(start);
    if (header === undefined) return { kind: "corrupt", path, found: `no object at byte ${offset}` };
    const type = typeNames[header.type];
    if (type === undefined || type === "" || header.size > maxObjectBytes) return { kind: "unread" };
    const mayNeed = Math.min(header.size + 1024 + header.length, stats.size - offset);
    const data = mayNeed <= start.length ? start : readRange(descriptor, offset, mayNeed);
    const content = inflate(data.subarray(header.length), header.size);
    if (content?.length !== header.size) {
      return { kind: "corrupt", path, found: `a damaged object at byte ${offset}` };
    }
    const object = { type, content };
    if (data === start && header.size <= firstReadBytes) rememberTwin(start, object);
    return { kind: "object", object };
  });
  if (reading.kind === "not_a_file" || reading.kind === "unreadable") return { kind: "unread" };
  return reading;
}

/** Type, size and where the data starts. Source: gitformat-pack(5). */
function parseEntryHeader(data: Buffer): { type: number; size: number; length: number } | undefined {
  const first = data[0];
  if (first === undefined) return undefined;
  const type = (first >> 4) & 7;
  let size = first & 15;
  let length = 1;
  let factor = 16;
  for (let byte = first; (byte & 0x80) !== 0; length++, factor *= 128) {
    const next = data[length];
    if (next === undefined || length > 8) return undefined;
    byte = next;
    size += (byte & 0x7f) * factor;
  }
  return type === 0 || type === 5 ? undefined : { type, size, length };
}
