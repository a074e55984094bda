import type { Stats } from "node:fs";
import { asError } from "../../platform/coded-error.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import { parseRecordText } from "./record-text.ts";

/** Records are a few hundred bytes; anything much larger is not one. */
const maxRecordBytes = 4 * 1024 * 1024;

export type JsonReading =
  | { readonly kind: "json"; readonly value: unknown; readonly stats: Stats }
  | { readonly kind: "missing" }
  /** `text`: what the file holds, as far as it can be told. */
  | { readonly kind: "invalid"; readonly detail: string; readonly stats?: Stats; readonly text?: string }
  | { readonly kind: "unreadable"; readonly detail: string; readonly errorCode: string };

/** Reads a record of the pool; what is not JSON is a reading, not an error. */
export function readJsonFile(path: string): JsonReading {
  const reading = readRegularFile(path, { maxBytes: maxRecordBytes });
  switch (reading.kind) {
    case "missing":
      return { kind: "missing" };
    case "unreadable":
      return {
        kind: "unreadable",
        detail: `cannot be read (${reading.errorCode})`,
        errorCode: reading.errorCode,
      };
    case "not_a_file":
      return { kind: "invalid", detail: `expected a file, found a ${reading.found}` };
    case "too_large":
      return { kind: "invalid", detail: `${reading.bytes} bytes are too many for a record` };
    case "content":
      return parseJson(reading.content, reading.stats);
  }
}

/** The byte order mark is kept: no program of the pool reads a file that begins with one. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parseJson(content: Buffer, stats: Stats): JsonReading {
  if (content.length === 0) return { kind: "invalid", detail: "the file is empty", stats };
  const text = content.toString("utf8");
  try {
    utf8.decode(content);
  } catch {
    return { kind: "invalid", detail: "not UTF-8", stats, text };
  }
  try {
    return { kind: "json", value: parseRecordText(text), stats };
  } catch (error) {
    return { kind: "invalid", detail: `not JSON: ${asError(error).message}`, stats, text };
  }
}

/** Changes with every write of the file. */
export function fileVersion(stats: Stats | undefined): string {
  return stats === undefined ? "" : `${stats.ino}:${stats.mtimeMs}:${stats.size}`;
}
