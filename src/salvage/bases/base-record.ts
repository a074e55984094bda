import { join } from "node:path";
import { isObjectId } from "../../git/objects/object-id.ts";
import { readStoredFile, type StoredFormat } from "../../platform/stored-file.ts";
import { salvageDamaged } from "../salvage-manifest.ts";

/** In a salvage: its base, as commits of a store. */
export const baseRecordName = "base.json";

export interface BaseRecord {
  /** A directory of `<state_dir>/bases`. */
  readonly store: string;
  /** Commits that the store has with all their files. */
  readonly commits: readonly string[];
  /** Other objects that it has for this salvage. */
  readonly objects: readonly string[];
}

const storeName = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

export const baseRecordFormat: StoredFormat<BaseRecord> = {
  name: "the base of a salvage",
  // 2: it may name other objects.
  version: 2,
  maxBytes: 16 * 1024 * 1024,
  parse: ({ store, commits, objects = [] }) => {
    if (typeof store !== "string" || !storeName.test(store)) return undefined;
    return areIds(commits) && areIds(objects) ? { store, commits, objects } : undefined;
  },
  format: (record) => record,
};

function areIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((id) => typeof id === "string" && isObjectId(id));
}

/** Undefined for a salvage without a base. @throws CodedError `SALVAGE_DAMAGED`, `STORED_FILE_NEWER` */
export function readBaseRecord(folder: string): BaseRecord | undefined {
  const path = join(folder, baseRecordName);
  const reading = readStoredFile(path, baseRecordFormat);
  if (reading.kind === "missing") return undefined;
  if (reading.kind === "damaged") throw salvageDamaged(path, reading.detail);
  return reading.value;
}
