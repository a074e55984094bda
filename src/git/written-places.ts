import { readdirSync, type Dirent } from "node:fs";
import { listEntries } from "../platform/directory.ts";
import { isDirectory } from "./git-directory.ts";

/** What one look at a tree may cost; beyond it the first places have told enough. */
const mostPlaces = 2_000;

/**
 * What git writes in place in a repository: the directory itself, the folders of its objects and refs, and its reflogs,
 * to which it appends. Every other file is replaced by renaming.
 */
export function* placesGitWrites(directory: string): Generator<string, void> {
  yield directory;
  yield `${directory}/objects`;
  for (const { name } of listEntries(`${directory}/objects`))
    if (name === "pack" || /^[0-9a-f]{2}$/.test(name)) yield `${directory}/objects/${name}`;
  for (const { path, isFile } of walk(`${directory}/refs`, listEntries)) if (!isFile) yield path;
  yield* [`${directory}/logs`, `${directory}/logs/HEAD`, `${directory}/logs/refs`];
  for (const { path } of walk(`${directory}/logs/refs/heads`, listEntries)) yield path;
  for (const { path } of walk(`${directory}/logs/refs/remotes`, listUntraced)) yield path;
}

function* walk(
  root: string,
  list: (path: string) => readonly Dirent[],
): Generator<{ path: string; isFile: boolean }, void> {
  const pending = [root];
  let count = 0;
  for (let path = pending.pop(); path !== undefined && count < mostPlaces; path = pending.pop()) {
    yield { path, isFile: false };
    for (const entry of list(path)) {
      count++;
      if (entry.isDirectory()) pending.push(`${path}/${entry.name}`);
      else if (entry.isFile()) yield { path: `${path}/${entry.name}`, isFile: true };
    }
  }
}

/** Nothing else reads these. A link in the place of the directory is not followed. */
function listUntraced(path: string): readonly Dirent[] {
  if (!isDirectory(path)) return [];
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    // Removed meanwhile, or closed: its rights are judged all the same.
    return [];
  }
}
