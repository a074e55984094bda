import { decodeBytes } from "../../platform/byte-text.ts";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { leadingObjectId } from "../objects/object-id.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";

export type Head =
  | { readonly kind: "branch"; readonly ref: string }
  | { readonly kind: "detached"; readonly commit: string }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly found: string }
  /** The file could not be read: no fault of its content. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

const maxHeadBytes = 4096;

export function headPath(gitDirectory: string): string {
  return `${gitDirectory}/HEAD`;
}

export function readHead(reader: SlotReader, gitDirectory: string): Head {
  const path = headPath(gitDirectory);
  const reading = reader.readRegularFile(path, { maxBytes: maxHeadBytes });
  if (reading.kind === "missing") return { kind: "missing" };
  if (reading.kind === "not_a_file" && reading.found === "link") return readLinkedHead(reader, path);
  if (reading.kind === "unreadable" && isEnvironmentError(reading.errorCode)) return reading;
  if (reading.kind !== "content") return { kind: "invalid", found: describe(reading) };
  return parseHead(reading.content);
}

/** Pure: what the content of a HEAD says. */
export function parseHead(content: Buffer): Extract<Head, { kind: "branch" | "detached" | "invalid" }> {
  const text = refText(content);
  const ref = symbolicTarget(text);
  if (ref !== undefined) return { kind: "branch", ref };
  const commit = leadingObjectId(text);
  if (commit !== undefined) return { kind: "detached", commit };
  return { kind: "invalid", found: describeRefFile(content) };
}

/** The branch in the first line of a HEAD that git refuses for what is behind it. */
export function readFirstBranch(gitDirectory: string): string | undefined {
  const reading = uncachedReader.readRegularFile(headPath(gitDirectory), { maxBytes: maxHeadBytes });
  if (reading.kind !== "content" || !reading.content.includes("\n")) return undefined;
  const head = parseHead(reading.content.subarray(0, reading.content.indexOf("\n")));
  return head.kind === "branch" ? head.ref : undefined;
}

/** The content of a HEAD or of a ref's own file: `refs/...` leads to that ref, anything else is an object id. */
export function formatRefFile(target: string): string {
  return target.startsWith("refs/") ? `ref: ${target}\n` : `${target}\n`;
}

/**
 * What a ref file says to git: white space at its end does not count, nor does anything behind a NUL. To git, vertical
 * tabs, form feeds and what Unicode has of white space are characters like any other.
 */
export function refText(content: Buffer): string {
  return (
    decodeBytes(content)
      .replace(/[ \t\n\r]+$/, "")
      .split("\0", 1)[0] ?? ""
  );
}

/** The ref that this text of a ref file leads to. */
export function symbolicTarget(text: string): string | undefined {
  const target = /^ref:[ \t\n\r]*(.+)$/s.exec(text)?.[1];
  return target !== undefined && isRefName(target) ? target : undefined;
}

/** What is in a ref file, for people. */
export function describeRefFile(content: Buffer): string {
  const text = decodeBytes(content).trimEnd();
  return text === "" ? "an empty file" : JSON.stringify(text.slice(0, 60));
}

/** `core.preferSymlinkRefs` makes HEAD a link to a ref; any other link leads away. */
function readLinkedHead(reader: SlotReader, path: string): Head {
  const ref = readRefLink(reader, path);
  return ref === undefined ? { kind: "invalid", found: "a link" } : { kind: "branch", ref };
}

/** The ref that a symbolic link names by a path below `refs/`, which is how git itself reads one. */
export function readRefLink(reader: SlotReader, path: string): string | undefined {
  const target = reader.readLink(path);
  return target !== undefined && isRefName(target) ? target : undefined;
}

// eslint-disable-next-line no-control-regex -- git forbids exactly these
const forbiddenInRefNames = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[./]$/;

/** A name that git would accept and that stays below `refs/`. Source: git-check-ref-format(1). */
export function isRefName(name: string): boolean {
  return name.startsWith("refs/") && !forbiddenInRefNames.test(name);
}

function describe(reading: { kind: string; found?: string; bytes?: number; errorCode?: string }): string {
  return reading.found ?? reading.errorCode ?? `${reading.bytes ?? 0} bytes`;
}
