import type { Stats } from "node:fs";
import { readRegularFile } from "../../platform/regular-file.ts";

/** Records are a few hundred bytes; anything much larger is not one. */
const maxRecordBytes = 4 * 1024 * 1024;

export type JsonReading =
  | { readonly kind: "json"; readonly value: unknown; readonly stats: Stats }
  | { readonly kind: "missing" }
  | { readonly kind: "invalid"; readonly detail: string; readonly stats?: Stats }
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

function parseJson(content: Buffer, stats: Stats): JsonReading {
  if (content.length === 0) return { kind: "invalid", detail: "the file is empty", stats };
  try {
    return { kind: "json", value: JSON.parse(content.toString("utf8")) as unknown, stats };
  } catch (error) {
    return {
      kind: "invalid",
      detail: `not JSON: ${error instanceof Error ? error.message : String(error)}`,
      stats,
    };
  }
}

/** Changes with every write of the file. */
export function fileVersion(stats: Stats | undefined): string {
  return stats === undefined ? "" : `${stats.ino}:${stats.mtimeMs}:${stats.size}`;
}
