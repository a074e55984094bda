import { join } from "node:path";
import { readRegularFile } from "../platform/regular-file.ts";
import { isObjectId } from "./object-id.ts";

export type Head =
  | { readonly kind: "branch"; readonly ref: string }
  | { readonly kind: "detached"; readonly commit: string }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly found: string };

const maxHeadBytes = 4096;

export function readHead(gitDirectory: string): Head {
  const reading = readRegularFile(join(gitDirectory, "HEAD"), { maxBytes: maxHeadBytes });
  if (reading.kind === "missing") return { kind: "missing" };
  if (reading.kind !== "content") return { kind: "invalid", found: describe(reading) };
  const text = reading.content.toString("utf8").trimEnd();
  const ref = /^ref:\s*(refs\/\S+)$/.exec(text)?.[1];
  if (ref !== undefined && isRefName(ref)) return { kind: "branch", ref };
  if (isObjectId(text)) return { kind: "detached", commit: text };
  return { kind: "invalid", found: text === "" ? "an empty file" : JSON.stringify(text.slice(0, 60)) };
}

const forbiddenInRefNames = /[\s\p{Cc}~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[./]$/u;

/** A name that git would accept and that stays below `refs/`. Source: git-check-ref-format(1). */
export function isRefName(name: string): boolean {
  return name.startsWith("refs/") && !forbiddenInRefNames.test(name);
}

function describe(reading: { kind: string; found?: string; bytes?: number; errorCode?: string }): string {
  return reading.found ?? reading.errorCode ?? `${reading.bytes ?? 0} bytes`;
}
