import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

/** Where the history of a shallow repository ends. */
export type ShallowReading =
  | { readonly kind: "missing" }
  | { readonly kind: "valid"; readonly commits: readonly string[] }
  /** `commits` are those of the valid lines. */
  | { readonly kind: "damaged"; readonly commits: readonly string[]; readonly found: string }
  /** The file could not be read: no fault of its content. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

const maxShallowBytes = 64 * 1024 * 1024;
/** Git reads no further than the id, and needs no last end of a line. Source: is_repository_shallow() in git's shallow.c. */
const shallowLine = /^([0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])/i;

export function shallowPath(commonDirectory: string): string {
  return `${commonDirectory}/shallow`;
}

export function isShallow(commonDirectory: string): boolean {
  return uncachedReader.readEntry(shallowPath(commonDirectory)).kind !== "missing";
}

export function readShallow(reader: SlotReader, commonDirectory: string): ShallowReading {
  const reading = reader.readRegularFile(shallowPath(commonDirectory), { maxBytes: maxShallowBytes });
  if (reading.kind === "missing" || reading.kind === "unreadable") return reading;
  if (reading.kind !== "content") return { kind: "damaged", commits: [], found: reading.kind };
  const commits = parseShallow(reading.content);
  if (commits !== undefined) return { kind: "valid", commits };
  return { kind: "damaged", commits: readLines(reading.content).filter(isCommit), found: "other text" };
}

/** Pure: undefined unless each line begins with a commit id, all of one length. */
export function parseShallow(content: Buffer): string[] | undefined {
  const lines = readLines(content);
  const commits = lines.filter(isCommit);
  return commits.length === lines.length && new Set(commits.map((id) => id.length)).size <= 1
    ? commits
    : undefined;
}

function readLines(content: Buffer): (string | undefined)[] {
  const lines = content.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => shallowLine.exec(line)?.[1]?.toLowerCase());
}

function isCommit(id: string | undefined): id is string {
  return id !== undefined;
}

export function formatShallow(commits: readonly string[]): string {
  return commits.map((id) => `${id}\n`).join("");
}
