import { readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isOfWorkTree } from "../../git/written-places.ts";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { isReallyInside, resolveLinks } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";

/**
 * Removes what an interrupted step had under construction: its staging directories, and the half of a salvage. Both
 * bear the step's stamp, and the original is still whole, since salvage comes before every step that replaces it.
 */
export function removeConstruction(stateDir: string, stamp: string): void {
  for (const path of [
    ...namesIn(join(stateDir, "staging")).map((name) => join(stateDir, "staging", name)),
    ...namesIn(join(stateDir, "salvage"))
      .filter((name) => name.endsWith(".incoming"))
      .map((name) => join(stateDir, "salvage", name)),
  ])
    if (basename(path).startsWith(stamp)) rmSync(path, { recursive: true, force: true });
}

/** What `writeFileAtomic` calls its temporary files: `.HEAD.0123456789ab.tmp` beside `HEAD`. */
const temporaryForm = /^\.(.+)\.[0-9a-f]{12}\.tmp$/;
const mostDirectories = 20_000;

/**
 * The temporary files that an interrupted write left beside slot.json, `.git` and pool.json, and anywhere in the git
 * directories but among their objects. Links are not followed.
 */
export function findTemporaryFiles(places: {
  recordPath: string;
  slotPath: string;
  poolDirectory: string;
  gitDirectories: readonly string[];
}): string[] {
  const { recordPath, slotPath, poolDirectory, gitDirectories } = places;
  const beside: [string, string][] = [
    [dirname(recordPath), "slot.json"],
    [slotPath, ".git"],
    [poolDirectory, "pool.json"],
  ];
  const named = beside.flatMap(([directory, target]) =>
    namesIn(directory)
      .filter((name) => temporaryForm.exec(name)?.[1] === target)
      .map((name) => join(directory, name)),
  );
  const inGit = gitDirectories
    .filter((directory) => isReallyInside(poolDirectory, directory))
    .flatMap((directory) => walkGitDirectory(directory));
  return [...new Set([...named, ...inGit])].filter((path) => readEntry(path).kind === "file");
}

/**
 * The temporary files that an interrupted repair left in a place that it was begun for, a work tree or a git directory, or in
 * the `.git` of a work tree. Links are not followed.
 */
export function findTemporaryFilesIn(place: string): string[] {
  if (resolveLinks(place) !== place) return [];
  return [place, join(place, ".git")]
    .flatMap((directory) => namesIn(directory).map((name) => join(directory, name)))
    .filter((path) => isOfWorkTree(temporaryForm.exec(basename(path))?.[1] ?? ""))
    .filter((path) => readEntry(path).kind === "file");
}

/** No write of a copy takes longer; a `serve` may be writing one now. */
const longestWriteSeconds = 60;

/** Removes the temporary files that a killed process left among the copies of what was known to be good. */
export function removeHalfCopies(knownGood: string, now: Date): void {
  for (const pool of namesIn(knownGood))
    for (const name of namesIn(join(knownGood, pool)).filter((each) => temporaryForm.test(each))) {
      const path = join(knownGood, pool, name);
      const { kind, stats } = readEntry(path);
      const isOld = (stats?.mtimeMs ?? Infinity) < now.getTime() - longestWriteSeconds * 1000;
      if (kind === "file" && isOld) rmSync(path, { force: true });
    }
}

function walkGitDirectory(root: string): string[] {
  const found: string[] = [];
  const pending = [root];
  for (let visited = 0; pending.length > 0 && visited < mostDirectories; visited++) {
    const directory = pending.pop() ?? root;
    for (const name of namesIn(directory)) {
      const path = join(directory, name);
      if (temporaryForm.test(name)) found.push(path);
      else if (name !== "objects" && readEntry(path).kind === "directory") pending.push(path);
    }
  }
  return found;
}

function namesIn(directory: string): string[] {
  if (readEntry(directory).kind !== "directory") return [];
  try {
    return readdirSync(directory);
  } catch (error) {
    if (["ENOENT", "EACCES"].includes(systemErrorCode(error) ?? "")) return [];
    throw error;
  }
}
