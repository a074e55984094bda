import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readEntry, readRegularFile } from "../platform/regular-file.ts";
import { isRefName } from "./head.ts";
import { isObjectId } from "./object-id.ts";

export type Ref =
  | { readonly kind: "commit"; readonly objectId: string }
  | { readonly kind: "symbolic"; readonly target: string }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly found: string };

export type PackedRefs =
  | { readonly kind: "valid"; readonly refs: ReadonlyMap<string, string> }
  | { readonly kind: "invalid"; readonly line: number };

const maxRefBytes = 64 * 1024;
const maxPackedRefsBytes = 256 * 1024 * 1024;
const mostLooseRefs = 200_000;

/** One loose ref file, links not followed. */
export function readLooseRef(commonDirectory: string, name: string): Ref {
  const reading = readRegularFile(join(commonDirectory, name), { maxBytes: maxRefBytes });
  if (reading.kind === "missing") return { kind: "missing" };
  if (reading.kind === "too_large") return { kind: "invalid", found: `${reading.bytes} bytes` };
  if (reading.kind === "not_a_file") {
    return reading.found === "directory"
      ? { kind: "missing" }
      : { kind: "invalid", found: `a ${reading.found}` };
  }
  if (reading.kind === "unreadable") return { kind: "invalid", found: reading.errorCode };
  const text = reading.content.toString("latin1").trimEnd();
  if (isObjectId(text)) return { kind: "commit", objectId: text };
  const target = /^ref:\s*(refs\/\S+)$/.exec(text)?.[1];
  if (target !== undefined && isRefName(target)) return { kind: "symbolic", target };
  return { kind: "invalid", found: text === "" ? "an empty file" : JSON.stringify(text.slice(0, 60)) };
}

/** A missing file is a valid empty list. */
export function readPackedRefs(commonDirectory: string): PackedRefs {
  const reading = readRegularFile(join(commonDirectory, "packed-refs"), { maxBytes: maxPackedRefsBytes });
  if (reading.kind === "missing") return { kind: "valid", refs: new Map() };
  if (reading.kind !== "content") return { kind: "invalid", line: 0 };
  const text = reading.content.toString("latin1");
  const refs = new Map<string, string>();
  const lines = text.split("\n");
  if (text !== "" && lines.pop() !== "") return { kind: "invalid", line: lines.length + 1 };
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#") || line.startsWith("^")) continue;
    const space = line.indexOf(" ");
    const objectId = line.slice(0, space);
    const name = line.slice(space + 1);
    if (!isObjectId(objectId) || !name.startsWith("refs/")) return { kind: "invalid", line: index + 1 };
    refs.set(name, objectId);
  }
  return { kind: "valid", refs };
}

/** Names of all loose refs below `refs/`, without git's own lock files. Links are not followed. */
export function listLooseRefs(commonDirectory: string, below = "refs"): string[] {
  const names: string[] = [];
  const pending = [below];
  for (
    let folder = pending.pop();
    folder !== undefined && names.length < mostLooseRefs;
    folder = pending.pop()
  ) {
    if (readEntry(join(commonDirectory, folder)).kind !== "directory") continue;
    for (const entry of readdirSync(join(commonDirectory, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) pending.push(name);
      else if (!entry.name.endsWith(".lock")) names.push(name);
    }
  }
  return names;
}

const longestSymbolicChain = 5;

/** Follows symbolic refs as git does. `cyclic` where they never end at a commit. */
export function resolveRef(
  commonDirectory: string,
  name: string,
  packed: ReadonlyMap<string, string>,
): Ref | { readonly kind: "cyclic" } {
  let current = name;
  for (let step = 0; step < longestSymbolicChain; step++) {
    const ref = readLooseRef(commonDirectory, current);
    if (ref.kind === "missing") {
      const objectId = packed.get(current);
      return objectId === undefined ? ref : { kind: "commit", objectId };
    }
    if (ref.kind !== "symbolic") return ref;
    current = ref.target;
  }
  return { kind: "cyclic" };
}
