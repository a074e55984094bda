import { dirname } from "node:path";
import { formatJson, writeFileAtomic } from "./atomic-file.ts";
import { CodedError } from "./coded-error.ts";
import { readRegularFile, withOpenFile, readRange } from "./regular-file.ts";
import { asFields, type StoredFields } from "./stored-fields.ts";
import { makeStateDirectory } from "./state-directory.ts";

/**
 * The one description of a format that the program keeps in its state directory: JSON with a `schema_version`. Unknown
 * fields are passed over, so that a file of a later release with the same version is read too.
 */
export interface StoredFormat<Value> {
  /** The name of the file in messages, such as "the queue of recoveries". */
  readonly name: string;
  readonly version: number;
  readonly maxBytes: number;
  /** Undefined if the fields are not those of this format; a missing optional one has its default. */
  parse(fields: StoredFields): Value | undefined;
  /** The fields as they are written, without the version. */
  format(value: Value): object;
}

export type StoredReading<Value> =
  | { readonly kind: "stored"; readonly value: Value }
  /** It is there and cannot be read as this format. `detail` does not name the file. */
  | { readonly kind: "damaged"; readonly detail: string };

export type StoredFileReading<Value> = StoredReading<Value> | { readonly kind: "missing" };

/** @throws CodedError `STORED_FILE_NEWER` */
export function readStoredFile<Value>(path: string, format: StoredFormat<Value>): StoredFileReading<Value> {
  const reading = readRegularFile(path, { maxBytes: format.maxBytes });
  switch (reading.kind) {
    case "missing":
      return reading;
    case "unreadable":
      return damaged(`cannot be read (${reading.errorCode})`);
    case "not_a_file":
      return damaged(`expected a file, found a ${reading.found}`);
    case "too_large":
      return damaged(`${reading.bytes} bytes are too many for ${format.name}`);
    case "content":
      return readStoredText(reading.content.toString("utf8"), path, format);
  }
}

/** One document, or one line of a file of lines. @throws CodedError `STORED_FILE_NEWER` */
export function readStoredText<Value>(
  text: string,
  path: string,
  format: StoredFormat<Value>,
): StoredReading<Value> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A kill or a full disk in the middle of a write, or another program's file.
    return damaged("not JSON");
  }
  const fields = asFields(json);
  const version = fields?.["schema_version"];
  if (fields === undefined || typeof version !== "number") return damaged("no schema_version");
  if (version > format.version) throw newerFile(path, version, format);
  const value = format.parse(fields);
  return value === undefined ? damaged(`not ${format.name}`) : { kind: "stored", value };
}

/**
 * Replaces the file as a whole. A file that a newer program wrote meanwhile is left as it is.
 * @throws CodedError `STORED_FILE_NEWER`; the system's error if it cannot be written
 */
export function writeStoredFile<Value>(path: string, format: StoredFormat<Value>, value: Value): void {
  const version = readVersion(path);
  if (version > format.version) throw newerFile(path, version, format);
  makeStateDirectory(dirname(path));
  writeFileAtomic(path, formatJson(storedFields(format, value)), { mode: 0o600 });
}

/** What is written for a value: its version first, so that it can be read without the rest. */
export function storedFields<Value>(format: StoredFormat<Value>, value: Value): object {
  return { schema_version: format.version, ...format.format(value) };
}

const headBytes = 64;

/** The version at the head of a file; 0 if there is none. A large file is not read whole before each write. */
function readVersion(path: string): number {
  const head = withOpenFile(path, (descriptor) => readRange(descriptor, 0, headBytes).toString("utf8"));
  return Number(typeof head === "string" ? (/^\{\s*"schema_version":\s*(\d+)/.exec(head)?.[1] ?? 0) : 0);
}

function newerFile(path: string, version: number, format: StoredFormat<unknown>): CodedError {
  return new CodedError(
    "STORED_FILE_NEWER",
    `${path} (${format.name}) is of version ${version}, and this program knows version ${format.version}: run the program that wrote it, or move the file aside`,
  );
}

function damaged(detail: string): { readonly kind: "damaged"; readonly detail: string } {
  return { kind: "damaged", detail };
}
