import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { readDirectory } from "../platform/directory.ts";
import { readEntry } from "../platform/regular-file.ts";
import { readReclaimed } from "./reclaimed-slot.ts";
import { readManifest } from "./salvage-manifest.ts";
import { isTransient } from "./abandoned-salvage.ts";
import { isKeptName, quarantineDirectory, salvageDirectory } from "./kept-directories.ts";
import { measureBytes } from "./save/walk-files.ts";

/** Something of a slot that is kept in our state directory. */
export interface KeptWork {
  readonly kind: "salvage" | "quarantine";
  readonly id: string;
  readonly slotId: string;
  readonly repoName: string;
  readonly createdAt: Date;
  readonly reason: string;
  readonly bytes: number;
  readonly path: string;
  readonly complete: boolean;
}

/** Whole salvages, oldest first. One whose manifest cannot be read is listed as incomplete. */
export function listSalvages(stateDir: string): KeptWork[] {
  const directory = salvageDirectory(stateDir);
  return byAge(listKeptFolders(directory).map((name) => describeSalvage(join(directory, name), name)));
}

function describeSalvage(path: string, id: string): KeptWork {
  try {
    const manifest = readManifest(path);
    return {
      kind: "salvage",
      id,
      slotId: manifest.slot_id,
      repoName: manifest.repo_name,
      createdAt: new Date(manifest.created_at),
      reason: manifest.reason,
      bytes: manifest.bytes,
      path,
      complete: manifest.complete,
    };
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const bytes = measureBytes(path);
    return { ...describeByName(path, id), kind: "salvage", reason: "damaged", bytes, complete: false };
  }
}

/** What was moved aside, oldest first. Sizes are measured now, which takes a look at each file. */
export function listQuarantine(stateDir: string): KeptWork[] {
  const directory = quarantineDirectory(stateDir);
  return byAge(
    listKeptFolders(directory).map((name) => {
      const path = join(directory, name);
      const bytes = measureKeptBytes(path);
      const reclaimed = readReclaimed(path);
      const named = describeByName(path, name);
      const { slotId, repoName } = reclaimed ?? named;
      const reason = reclaimed === undefined ? "moved_aside" : "reclaimed";
      return { ...named, slotId, repoName, kind: "quarantine", reason, bytes, complete: true };
    }),
  );
}

/** @throws CodedError `SALVAGE_UNKNOWN` if neither a salvage nor a quarantined directory has that id. */
export function findKeptWork(stateDir: string, id: string): KeptWork {
  const isName = isKeptName(id) && !isTransient(id);
  const salvage = join(salvageDirectory(stateDir), id);
  if (isName && readEntry(salvage).kind === "directory") return describeSalvage(salvage, id);
  const quarantined = isName ? listQuarantine(stateDir).find((kept) => kept.id === id) : undefined;
  if (quarantined !== undefined) return quarantined;
  throw new CodedError(
    "SALVAGE_UNKNOWN",
    `no saved work has the id ${JSON.stringify(id)}: \`salvage list\` names all`,
  );
}

/** Ids are `<time>-<random>[-<count>]-<slot_id>`: what they say stands if nothing better does. */
function describeByName(
  path: string,
  id: string,
): Pick<KeptWork, "id" | "slotId" | "repoName" | "createdAt" | "path"> {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z(?:-[0-9a-f]+){0,2}-(.+)$/.exec(id);
  const [, day, hours, minutes, seconds, milliseconds, slotId = ""] = match ?? [];
  const named = new Date(
    `${day ?? ""}T${hours ?? ""}:${minutes ?? ""}:${seconds ?? ""}.${milliseconds ?? ""}Z`,
  );
  const createdAt = Number.isNaN(named.getTime()) ? statSync(path).mtime : named;
  const repoName = /^workspace-(.+)-slot\d+$/.exec(slotId)?.[1] ?? "";
  return { id, slotId, repoName, createdAt, path };
}

function byAge(kept: readonly KeptWork[]): KeptWork[] {
  return [...kept].sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
}

/** Before a person is told that nothing is kept. @throws CodedError `SALVAGE_UNREADABLE` */
export function requireListable(stateDir: string): void {
  for (const directory of [salvageDirectory(stateDir), quarantineDirectory(stateDir)]) {
    const reading = readDirectory(directory);
    if (reading.kind !== "unreadable" && reading.kind !== "not_a_directory") continue;
    const why = reading.kind === "unreadable" ? reading.errorCode : `it is a ${reading.found}`;
    throw new CodedError("SALVAGE_UNREADABLE", `${directory} cannot be listed: ${why}`);
  }
}

/** Names of real directories: a link among them is no salvage, and what is half there does not count. */
export function listKeptFolders(directory: string): string[] {
  try {
    if (readEntry(directory).kind !== "directory") return [];
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !isTransient(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (systemErrorCode(error) === "EACCES") return [];
    throw error;
  }
}

/** Of a folder of the quarantine, with what a reclaimed slot keeps on its own file system. */
export function measureKeptBytes(path: string): number {
  const keptAt = readReclaimed(path)?.keptAt;
  return measureBytes(path) + (keptAt === undefined || keptAt === path ? 0 : measureBytes(keptAt));
}
