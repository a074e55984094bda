import { decodeBytes, encodeBytes } from "../../platform/byte-text.ts";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import type { FileReading } from "../../platform/regular-file.ts";
import { isRefName } from "./head.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

export type PackedRefs =
  | { readonly kind: "valid"; readonly refs: ReadonlyMap<string, string> }
  | { readonly kind: "invalid"; readonly line: number }
  /** The file could not be read: no fault of its content. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

/** The valid lines, even if others are damaged. */
export interface SoundPackedRefs {
  readonly refs: ReadonlyMap<string, string>;
  /** False if something in the file was left out, or if it is not read at all. */
  readonly isWhole: boolean;
}

const maxPackedRefsBytes = 256 * 1024 * 1024;
const sortedHeader = "# pack-refs with: sorted \n";

export function packedRefsPath(commonDirectory: string): string {
  return `${commonDirectory}/packed-refs`;
}

function readFile(reader: SlotReader, commonDirectory: string): FileReading {
  return reader.readRegularFile(packedRefsPath(commonDirectory), { maxBytes: maxPackedRefsBytes });
}

/** A missing file is a valid empty list. Git dies on the first line that it cannot read. */
export function readPackedRefs(reader: SlotReader, commonDirectory: string): PackedRefs {
  const reading = readFile(reader, commonDirectory);
  if (reading.kind === "missing") return { kind: "valid", refs: new Map() };
  if (reading.kind === "unreadable" && isEnvironmentError(reading.errorCode)) return reading;
  if (reading.kind !== "content") return { kind: "invalid", line: 0 };
  return parseOnce(reading.content);
}

/** The packed refs by name; none if git would refuse the file. */
export function readPackedRefMap(commonDirectory: string): ReadonlyMap<string, string> {
  const packed = readPackedRefs(uncachedReader, commonDirectory);
  return packed.kind === "valid" ? packed.refs : new Map();
}

/** The refs of a repository whose packed-refs git may refuse: one damaged line does not hide the others. */
export function readSoundPackedRefs(commonDirectory: string): SoundPackedRefs {
  const reading = readFile(uncachedReader, commonDirectory);
  if (reading.kind === "missing") return { refs: new Map(), isWhole: true };
  if (reading.kind !== "content") return { refs: new Map(), isWhole: false };
  const parsed = parseOnce(reading.content);
  return parsed.kind === "valid" ? { refs: parsed.refs, isWhole: true } : selectSoundOnce(reading.content);
}

/**
 * Keeps the last result: one probe reads the file many times, and clones of one remote have the same file. Only the same
 * bytes give the same result.
 */
function forSameBytes<Result>(parse: (text: string) => Result): (content: Buffer) => Result {
  let last: { readonly content: Buffer; readonly result: Result } | undefined;
  return (content) => {
    if (last?.content.equals(content) !== true) last = { content, result: parse(decodeBytes(content)) };
    return last.result;
  };
}

const parseOnce = forSameBytes(parsePackedRefs);
const selectSoundOnce = forSameBytes(selectSoundRefs);

/** Pure: the same from the text of the file. A last line without an end may be half of one. */
export function selectSoundRefs(text: string): SoundPackedRefs {
  const refs = new Map<string, string>();
  const lines = text.split("\n");
  let isWhole = lines.pop() === "";
  for (const line of lines) {
    if (line.startsWith("#") || line.startsWith("^")) continue;
    const { name, objectId } = parsePackedLine(line);
    if (isRefName(name)) refs.set(name, objectId);
    else isWhole = false;
  }
  return { refs, isWhole };
}

const packedLine = /^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})[ \t\r]./s;
const peeledLine = /^\^(?:[0-9a-fA-F]{40}|[0-9a-fA-F]{64})$/;

/** Pure: as git reads it, to the first line that it refuses. A peeled line is read with the ref right above it alone. */
export function parsePackedRefs(text: string): PackedRefs {
  const refs = new Map<string, string>();
  const lines = text.split("\n");
  if (text !== "" && lines.pop() !== "") return { kind: "invalid", line: lines.length + 1 };
  let isBelowRef = false;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (index === 0 && line.startsWith("#")) continue;
    const { name, objectId } = parsePackedLine(line);
    // Git dies on a name that leads out of `refs/`; with any other that it forbids, gc and fetch do.
    const isRef = isRefName(name);
    if (isRef) refs.set(name, objectId);
    else if (!isBelowRef || !peeledLine.test(line)) return { kind: "invalid", line: index + 1 };
    isBelowRef = isRef;
  }
  const isSorted = /^# pack-refs with:.* sorted /.test(lines[0] ?? "");
  const misplaced = isSorted ? findMisplaced([...refs.keys()]) : undefined;
  if (misplaced === undefined) return { kind: "valid", refs };
  return { kind: "invalid", line: lines.findIndex((line) => line.endsWith(misplaced)) + 1 };
}

/** What a line says, the name unchecked; both empty if it is no line of a ref. */
function parsePackedLine(line: string): { readonly name: string; readonly objectId: string } {
  if (!packedLine.test(line)) return { name: "", objectId: "" };
  const end = line.search(/[ \t\r]/);
  return { name: line.slice(end + 1), objectId: line.slice(0, end).toLowerCase() };
}

/** The first name that is not behind the one before it: git looks for names by halves, and does not find such a one. */
function findMisplaced(names: readonly string[]): string | undefined {
  // Other characters are in another order in JavaScript than by their bytes.
  const isAscii = (name: string): boolean => /^[\x20-\x7e]*$/.test(name);
  return names.find((name, index) => {
    const before = names[index - 1] ?? "";
    return name < before && isAscii(name) && isAscii(before);
  });
}

/** The whole file, in the order by which git searches it: that of the bytes of the names. */
export function formatPackedRefs(refs: ReadonlyMap<string, string>): string {
  const names = [...refs.keys()].map((name) => ({ name, bytes: encodeBytes(name) }));
  names.sort((one, other) => one.bytes.compare(other.bytes));
  const lines = names.map(({ name }) => `${refs.get(name) ?? ""} ${name}\n`);
  return `${sortedHeader}${lines.join("")}`;
}

/**
 * The content of the file without some of its refs, everything else byte by byte as it was. Undefined if it has none of
 * them, or cannot be read.
 */
export function readPackedRefsWithout(commonDirectory: string, names: readonly string[]): Buffer | undefined {
  const packed = readPackedRefs(uncachedReader, commonDirectory);
  if (packed.kind !== "valid" || !names.some((name) => packed.refs.has(name))) return undefined;
  const reading = readFile(uncachedReader, commonDirectory);
  return reading.kind === "content" ? dropPackedRefs(reading.content, names) : undefined;
}

/** Pure: a peeled line goes with the ref before it. */
export function dropPackedRefs(content: Buffer, names: readonly string[]): Buffer {
  const dropped = new Set(names.map((name) => encodeBytes(name).toString("latin1")));
  const kept: string[] = [];
  let isDropping = false;
  for (const line of content.toString("latin1").split("\n")) {
    if (!line.startsWith("^")) isDropping = dropped.has(line.slice(line.search(/[ \t\r]/) + 1));
    if (!isDropping) kept.push(line);
  }
  return Buffer.from(kept.join("\n"), "latin1");
}
