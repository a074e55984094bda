import { isObjectId } from "../objects/object-id.ts";
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
const shallowContent = /^(?:(?:[0-9a-f]{40}\n)*|(?:[0-9a-f]{64}\n)*)$/i;

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
  const lines = reading.content.toString("latin1").split("\n");
  return { kind: "damaged", commits: lines.filter(isObjectId), found: "other text" };
}

/** Pure: a commit id in each line, and nothing else; undefined for any other content. */
export function parseShallow(content: Buffer): string[] | undefined {
  const text = content.toString("latin1");
  if (!shallowContent.test(text)) return undefined;
  return text
    .toLowerCase()
    .split("\n")
    .filter((line) => line !== "");
}

export function formatShallow(commits: readonly string[]): string {
  return commits.map((id) => `${id}\n`).join("");
}
