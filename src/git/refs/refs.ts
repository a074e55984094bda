import type { Dirent } from "node:fs";
import { isEnvironmentError } from "../../platform/environment-error.ts";
import { describeRefFile, readRefLink, refText, symbolicTarget } from "./head.ts";
import { leadingObjectId } from "../objects/object-id.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

export type Ref =
  | { readonly kind: "commit"; readonly objectId: string }
  | { readonly kind: "symbolic"; readonly target: string }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly found: string }
  /** The file could not be read: no fault of its content. */
  | { readonly kind: "unreadable"; readonly errorCode: string };

const maxRefBytes = 64 * 1024;

/** One loose ref file. No link is followed, except to a name below `refs/` as git itself writes one. */
export function readLooseRef(reader: SlotReader, commonDirectory: string, name: string): Ref {
  if (!reader.isPlainPath(commonDirectory, name)) return { kind: "invalid", found: "a way through a link" };
  return readRefFile(reader, `${commonDirectory}/${name}`);
}

function readRefFile(reader: SlotReader, path: string): Ref {
  const reading = reader.readRegularFile(path, { maxBytes: maxRefBytes });
  switch (reading.kind) {
    case "missing":
      return { kind: "missing" };
    case "too_large":
      return { kind: "invalid", found: `${reading.bytes} bytes` };
    case "not_a_file":
      return readOtherRef(reader, path, reading.found);
    case "unreadable":
      return isEnvironmentError(reading.errorCode) ? reading : { kind: "invalid", found: reading.errorCode };
    case "content":
      return parseRef(reading.content);
  }
}

function readOtherRef(reader: SlotReader, path: string, found: string): Ref {
  if (found === "directory") return { kind: "missing" };
  const target = found === "link" ? readRefLink(reader, path) : undefined;
  return target === undefined ? { kind: "invalid", found: `a ${found}` } : { kind: "symbolic", target };
}

function parseRef(content: Buffer): Ref {
  const text = refText(content);
  const objectId = leadingObjectId(text);
  if (objectId !== undefined) return { kind: "commit", objectId };
  const target = symbolicTarget(text);
  if (target !== undefined) return { kind: "symbolic", target };
  return { kind: "invalid", found: describeRefFile(content) };
}

/** True for a ref that each work tree has for itself. Source: gitrepository-layout(5). */
export function isOwnRef(name: string): boolean {
  return /^refs\/(?:bisect|rewritten|worktree)\//.test(name);
}

/** True if a ref of that name is packed, or loose and says what a ref says. */
export function hasRef(
  reader: SlotReader,
  commonDirectory: string,
  packed: ReadonlyMap<string, string>,
  name: string,
): boolean {
  if (!name.startsWith("refs/")) return false;
  return (
    packed.has(name) || ["commit", "symbolic"].includes(readLooseRef(reader, commonDirectory, name).kind)
  );
}

/** Files below `refs/` in the order in which git would look at them. */
export interface LooseRefTree {
  readonly names: readonly string[];
  /** Paths that were not listed: unreadable, too large, or beyond the limit of a probe. */
  readonly unread: readonly UnreadPlace[];
}

/** The limit of one probe: some hundred milliseconds. */
const mostLooseRefs = 20_000;
const deepestRefFolder = 64;

/** Names of the files below `refs/`, without git's own lock files and without hidden ones, which git ignores too. */
export function readLooseRefTree(reader: SlotReader, commonDirectory: string, below = "refs"): LooseRefTree {
  const names: string[] = [];
  const unread: UnreadPlace[] = [];
  const pending = [below];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const path = `${commonDirectory}/${folder}`;
    if (names.length >= mostLooseRefs || folder.split("/").length > deepestRefFolder) {
      unread.push({ path, detail: `beyond ${mostLooseRefs} refs` });
      break;
    }
    const reading = reader.readDirectory(path);
    if (reading.kind === "too_large") unread.push({ path, detail: `a directory of ${reading.bytes} bytes` });
    else if (reading.kind === "unreadable") unread.push({ path, detail: reading.errorCode });
    else if (reading.kind === "entries") sortRefEntries(folder, reading.entries, { names, pending });
  }
  const beyond = names.length - mostLooseRefs;
  if (beyond > 0)
    unread.push({ path: `${commonDirectory}/${below}`, detail: `${beyond} refs of a large folder` });
  return { names: names.slice(0, mostLooseRefs), unread };
}

function sortRefEntries(
  folder: string,
  entries: readonly Dirent[],
  to: { names: string[]; pending: string[] },
): void {
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name.endsWith(".lock")) continue;
    (entry.isDirectory() ? to.pending : to.names).push(`${folder}/${entry.name}`);
  }
}

/** Names of all loose refs below `refs/`. Links are not followed. */
export function listLooseRefs(
  reader: SlotReader,
  commonDirectory: string,
  below = "refs",
): readonly string[] {
  return readLooseRefTree(reader, commonDirectory, below).names;
}

const longestSymbolicChain = 5;

/** Follows symbolic refs as git does. `cyclic` if they never end at a commit. */
export function resolveRef(
  reader: SlotReader,
  commonDirectory: string,
  name: string,
  packed: ReadonlyMap<string, string>,
): Ref | { readonly kind: "cyclic" } {
  return followRef(
    reader,
    commonDirectory,
    { name, ref: readLooseRef(reader, commonDirectory, name) },
    packed,
  );
}

/** The same for a ref that was read already. */
export function followRef(
  reader: SlotReader,
  commonDirectory: string,
  { name, ref }: { readonly name: string; readonly ref: Ref },
  packed: ReadonlyMap<string, string>,
): Ref | { readonly kind: "cyclic" } {
  let current = { name, ref };
  for (let step = 1; current.ref.kind === "symbolic"; step++) {
    if (step === longestSymbolicChain) return { kind: "cyclic" };
    const { target } = current.ref;
    current = { name: target, ref: readLooseRef(reader, commonDirectory, target) };
  }
  const objectId = current.ref.kind === "missing" ? packed.get(current.name) : undefined;
  return objectId === undefined ? current.ref : { kind: "commit", objectId };
}
