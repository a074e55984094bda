import { uncachedReader, type SlotReader } from "../platform/slot-reader.ts";
import { isFanOutFolder } from "./objects/loose-object.ts";

/** The limit of one search; the first places are enough to report. */
const mostPlaces = 2_000;

/**
 * What git writes in place in a repository: the directory itself, the folders of its objects and refs, and its reflogs,
 * to which it appends. Every other file is replaced by renaming.
 */
export function* placesGitWrites(reader: SlotReader, directory: string): Generator<string, void> {
  yield directory;
  yield `${directory}/objects`;
  for (const { name } of reader.listEntries(`${directory}/objects`))
    if (name === "pack" || isFanOutFolder(name)) yield `${directory}/objects/${name}`;
  for (const { path, isFile } of walk(`${directory}/refs`, reader)) if (!isFile) yield path;
  yield* [`${directory}/logs`, `${directory}/logs/HEAD`, `${directory}/logs/refs`];
  for (const { path } of walk(`${directory}/logs/refs/heads`, reader)) yield path;
  // Nothing else reads these, so their change is no reason for a full probe.
  for (const { path } of walk(`${directory}/logs/refs/remotes`, uncachedReader)) yield path;
}

/** True for the names of what is one work tree's own: its links, HEAD, and its index with what that shares. */
export function isOfWorkTree(name: string): boolean {
  return /^(?:\.git|gitdir|commondir|HEAD|index|sharedindex\.[0-9a-f]+)$/.test(name);
}

function* walk(root: string, reader: SlotReader): Generator<{ path: string; isFile: boolean }, void> {
  const pending = [root];
  let count = 0;
  for (let path = pending.pop(); path !== undefined && count < mostPlaces; path = pending.pop()) {
    yield { path, isFile: false };
    for (const entry of reader.listEntries(path)) {
      count++;
      if (entry.isDirectory()) pending.push(`${path}/${entry.name}`);
      else if (entry.isFile()) yield { path: `${path}/${entry.name}`, isFile: true };
    }
  }
}
