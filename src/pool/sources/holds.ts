import { hash } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readEntry } from "../../platform/regular-file.ts";
import { listStateDirectory, makeStateDirectory } from "../../platform/state-directory.ts";
import { asText, asTime } from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";

/** Somebody's claim on a work tree that no pool manager allocates. */
export interface Hold {
  /** The real path of the work tree. */
  readonly path: string;
  readonly owner: string;
  readonly since: Date;
  readonly until: Date;
}

export const holdFormat: StoredFormat<Hold> = {
  name: "a hold",
  version: 1,
  maxBytes: 64 * 1024,
  parse({ path: written, owner: who, since: from, until: to }) {
    const [path, owner, since, until] = [asText(written), asText(who), asTime(from), asTime(to)];
    if (path === undefined || owner === undefined || since === undefined || until === undefined)
      return undefined;
    return { path, owner, since, until };
  },
  format: ({ path, owner, since, until }) => ({
    ...{ path, owner },
    since: since.toISOString(),
    until: until.toISOString(),
  }),
};

function directoryOf(stateDir: string): string {
  return join(stateDir, "holds");
}

function nameOf(path: string): string {
  return `${hash("sha256", path)}.json`;
}

/** Undefined if there is none. */
type HoldReading = Hold | "unreadable" | undefined;

/** In the place of a file's name: the holds of a directory could not be listed, and any path may be held. */
const anyPath = "";

/** The holds of state directories at one moment. */
export type Holds = ReadonlyMap<string, HoldReading>;

/** @throws CodedError `STORED_FILE_NEWER` */
export function readHolds(stateDirs: readonly string[]): Holds {
  const holds = new Map<string, HoldReading>();
  for (const directory of new Set(stateDirs.map(directoryOf))) {
    const names = listStateDirectory(directory);
    if (names === undefined) holds.set(anyPath, "unreadable");
    for (const name of names?.filter((each) => each.endsWith(".json")) ?? []) {
      const reading = readStoredFile(join(directory, name), holdFormat);
      const hold = reading.kind === "stored" ? reading.value : "unreadable";
      holds.set(name, longerOf(holds.get(name), hold));
    }
  }
  return holds;
}

function longerOf(one: HoldReading, other: HoldReading): HoldReading {
  if (one === undefined || other === "unreadable") return other;
  if (one === "unreadable" || other === undefined) return one;
  return one.until > other.until ? one : other;
}

/** The latest instant that a Date can hold. */
const never = new Date(8.64e15);

/** The hold on a real path, ended or not. One that cannot be read holds until somebody releases it. */
export function holdOn(holds: Holds, path: string): Hold | undefined {
  if (holds.size === 0) return undefined;
  const hold = holds.get(nameOf(path)) ?? holds.get(anyPath);
  if (hold !== "unreadable") return hold?.path === path ? hold : undefined;
  return { path, owner: "somebody whose hold cannot be read", since: new Date(0), until: never };
}

/** Takes the place of an earlier hold on the same path. @throws the system's error if the state directory cannot be written */
export function writeHold(stateDir: string, hold: Hold): void {
  makeStateDirectory(directoryOf(stateDir));
  writeStoredFile(join(directoryOf(stateDir), nameOf(hold.path)), holdFormat, hold);
}

/** @returns false if nobody held the path */
export function removeHold(stateDir: string, path: string): boolean {
  const file = join(directoryOf(stateDir), nameOf(path));
  if (readEntry(file).kind === "missing") return false;
  rmSync(file);
  return true;
}
