import { join, resolve } from "node:path";
import { asList, asText } from "../../platform/stored-fields.ts";
import {
  readStoredFile,
  writeStoredFile,
  type StoredFileReading,
  type StoredFormat,
} from "../../platform/stored-file.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";
import { readCached, type RecordCache } from "../../pool/records/record-cache.ts";

interface KnownPools {
  readonly workspacesDir: string;
  /** Sorted. */
  readonly repoNames: readonly string[];
}

export const knownPoolsFormat: StoredFormat<KnownPools> = {
  name: "the list of known pools",
  version: 1,
  maxBytes: 16 * 1024 * 1024,
  parse({ workspaces_dir: directory, pools }) {
    const [workspacesDir, names] = [asText(directory), asList(pools)];
    if (workspacesDir === undefined || names === undefined) return undefined;
    return { workspacesDir, repoNames: names.flatMap((name) => asText(name) ?? []) };
  },
  format: ({ workspacesDir, repoNames }) => ({ workspaces_dir: workspacesDir, pools: repoNames }),
};

export interface KnownPoolsPlace {
  readonly workspacesDir: string;
  readonly stateDir: string;
}

/** The file that tells a directory of pools from an empty mount point. */
export function knownPoolsPath(stateDir: string): string {
  return join(stateDir, "known-pools.json");
}

export interface KnownPoolsReading {
  /** Undefined if none was ever seen there, or the list is of another directory. */
  readonly names: readonly string[] | undefined;
  /** Set if the list cannot be read: then no pool can be reported as gone. */
  readonly unread?: UnreadPlace;
}

/**
 * The pools that were seen in this workspaces directory: if one of them is gone, it is reported, also after a restart.
 * @param cache spares reading a list that has not changed since
 * @throws CodedError `STORED_FILE_NEWER`
 */
export function readKnownPools(
  { workspacesDir, stateDir }: KnownPoolsPlace,
  cache?: RecordCache,
): KnownPoolsReading {
  const path = knownPoolsPath(stateDir);
  const read = (): StoredFileReading<KnownPools> => readStoredFile(path, knownPoolsFormat);
  const reading = readCached(cache, path, read, ({ kind }) => kind === "stored");
  if (reading.kind === "damaged") {
    const detail = `${path} ${reading.detail}, so a pool that is gone is not reported: restore the rights of its directory, or move the file aside`;
    return { names: undefined, unread: { path, detail } };
  }
  const isOfHere =
    reading.kind === "stored" && resolve(reading.value.workspacesDir) === resolve(workspacesDir);
  return { names: isOfHere ? reading.value.repoNames : undefined };
}

/** Adds to the list; what is gone stays on it. @throws Error if the list cannot be read; the system's error if it cannot be written */
export function rememberPools(place: KnownPoolsPlace, seen: readonly string[]): void {
  const { names: known, unread } = readKnownPools(place);
  if (unread !== undefined) throw new Error(unread.detail);
  if (seen.length === 0 || (known !== undefined && seen.every((name) => known.includes(name)))) return;
  write(place, [...(known ?? []), ...seen]);
}

/** For a pool that was removed on purpose. @returns false if it was not on the list. */
export function forgetPool(place: KnownPoolsPlace, repoName: string): boolean {
  const { names: known } = readKnownPools(place);
  if (known?.includes(repoName) !== true) return false;
  write(
    place,
    known.filter((name) => name !== repoName),
  );
  return true;
}

function write({ workspacesDir, stateDir }: KnownPoolsPlace, names: readonly string[]): void {
  const repoNames = [...new Set(names)].sort();
  writeStoredFile(knownPoolsPath(stateDir), knownPoolsFormat, {
    workspacesDir: resolve(workspacesDir),
    repoNames,
  });
}
