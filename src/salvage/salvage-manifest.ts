import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../platform/coded-error.ts";
import { readRegularFile } from "../platform/regular-file.ts";
import type { StoredFields } from "../platform/stored-fields.ts";
import { readStoredFile, type StoredFormat } from "../platform/stored-file.ts";
import { claimName } from "./abandoned-salvage.ts";
import { walkFiles } from "./save/walk-files.ts";

export const manifestName = "manifest.json";
/** Written last, in the form of `sha256sum`, over every other file of the salvage. */
export const checksumsName = "checksums.sha256";
export const fileListName = "files.jsonl.gz";
/** In salvages of version 1. */
export const plainFileListName = "files.jsonl";
export const repositoryName = "repository.git";

/** What a salvage is and holds: manifest.json, in these snake_case keys. */
export interface SalvageManifest {
  readonly schema_version: number;
  readonly id: string;
  readonly slot_id: string;
  readonly repo_name: string;
  readonly repo_url: string | null;
  /** Where the work was. */
  readonly source: string;
  /** ISO 8601 in UTC. */
  readonly created_at: string;
  readonly reason: string;
  /** Every byte that could be read is here. What could not be read before is listed, and does not count. */
  readonly complete: boolean;
  /** Size of the whole salvage, with what it added to the store of bases. */
  readonly bytes: number;
  readonly object_format: "sha1" | "sha256";
  /** The branch that the agent was on; null if HEAD was detached or is lost. */
  readonly branch: string | null;
  /** The commit that the agent was at; null if there was none or it cannot be read. */
  readonly commit: string | null;
  /** Commits that the remote has. Their files are saved, the history before them is not. */
  readonly base_commits: readonly string[];
  readonly history: "unpushed" | "everything_readable" | "none";
  readonly refs: readonly { name: string; object: string }[];
  /** On the remote, or unreadable: named only. */
  readonly refs_not_saved: readonly { name: string; object: string }[];
  /** Newest first. */
  readonly stashes: readonly { object: string; message: string }[];
  readonly index: "saved" | "missing" | "unreadable";
  readonly operations_in_progress: readonly string[];
  readonly files: { readonly count: number; readonly bytes: number };
  readonly excluded: readonly string[];
  /** FIFOs, sockets and devices: they hold no bytes. */
  readonly special_files: readonly { path: string; found: string }[];
  readonly unreadable_files: readonly { path: string; found: string }[];
  readonly missing_objects: { readonly count: number; readonly first: readonly string[] };
  /** What made each object be looked at by itself. */
  readonly damage: string | null;
}

/** Not a salvage, or one whose files are not what was written. */
export function salvageDamaged(path: string, what: string): CodedError {
  return new CodedError("SALVAGE_DAMAGED", `${path}: ${what}`);
}

const maxChecksumsBytes = 64 * 1024 * 1024;

export const salvageManifestFormat: StoredFormat<SalvageManifest> = {
  name: "the manifest of a salvage",
  // 2: it may stand on a base that is kept elsewhere, see base-record.ts.
  // 3: its list of files may refer to an index of the salvage, see `UnchangedFiles`.
  version: 3,
  maxBytes: 64 * 1024 * 1024,
  parse: (fields) => (isManifest(fields) ? fields : undefined),
  format: (manifest) => manifest,
};

/** @throws CodedError `SALVAGE_DAMAGED`, `STORED_FILE_NEWER` */
export function readManifest(folder: string): SalvageManifest {
  const path = join(folder, manifestName);
  const reading = readStoredFile(path, salvageManifestFormat);
  if (reading.kind === "stored") return reading.value;
  throw salvageDamaged(path, reading.kind === "missing" ? "there is no manifest" : reading.detail);
}

function isManifest(fields: StoredFields): fields is StoredFields & SalvageManifest {
  const texts = ["id", "slot_id", "repo_name", "created_at", "reason"];
  return (
    texts.every((name) => typeof fields[name] === "string") &&
    typeof fields["bytes"] === "number" &&
    typeof fields["complete"] === "boolean"
  );
}

/** SHA-256 of every file below the folder by its path, each brought to the disk on the way. A claim is no part of it. */
export function computeChecksums(folder: string): { checksums: Map<string, string>; bytes: number } {
  const checksums = new Map<string, string>();
  let bytes = 0;
  for (const entry of walkFiles(folder)) {
    if (entry.kind !== "file") continue;
    const path = Buffer.from(entry.path, "latin1").toString("utf8");
    if (path === checksumsName || path === claimName) continue;
    checksums.set(path, hashFile(join(folder, path)));
    bytes += entry.stats.size;
  }
  return { checksums, bytes };
}

export function formatChecksums(checksums: ReadonlyMap<string, string>): string {
  return [...checksums].map(([path, checksum]) => `${checksum}  ${path}\n`).join("");
}

/** Names of the files that are not as they were written, are missing, or were added. */
export function findDamagedFiles(folder: string): string[] {
  const reading = readRegularFile(join(folder, checksumsName), { maxBytes: maxChecksumsBytes });
  if (reading.kind !== "content") return [checksumsName];
  const lines = reading.content.toString("utf8").split("\n");
  const expected = new Map<string, string>();
  for (const line of lines) {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    if (match !== null) expected.set(match[2] ?? "", match[1] ?? "");
  }
  const { checksums } = computeChecksums(folder);
  const paths = new Set([...expected.keys(), ...checksums.keys()]);
  return [...paths].filter((path) => expected.get(path) !== checksums.get(path));
}

const chunkBytes = 1024 * 1024;

/** SHA-256 of a file, which is on disk afterwards. */
export function hashFile(path: string): string {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  const descriptor = openSync(path, "r");
  try {
    for (let read = readSync(descriptor, buffer); read > 0; read = readSync(descriptor, buffer)) {
      hash.update(buffer.subarray(0, read));
    }
    fsyncSync(descriptor);
    return hash.digest("hex");
  } finally {
    closeSync(descriptor);
  }
}
