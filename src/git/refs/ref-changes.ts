import { isTrackingRef } from "./refspec.ts";

export interface RefChanges {
  /** New ids by the names of refs. */
  readonly written: ReadonlyMap<string, string>;
  /** Tracking refs of what the remote no longer has, and which are in the way of others: their last id by their names. */
  readonly removed: ReadonlyMap<string, string>;
}

/**
 * Pure: what a fetch into a copy of a repository, which forgets what the remote no longer has, changes in the repository.
 * A tag that is there stays as it is, and so does a tracking ref that is in nobody's way.
 */
export function planRefChanges(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): RefChanges {
  const written = new Map(
    [...after].filter(([name, id]) => before.get(name) !== id && (isTrackingRef(name) || !before.has(name))),
  );
  const folders = new Set([...written.keys()].flatMap(listFolders));
  const isInTheWay = (name: string): boolean =>
    folders.has(name) || listFolders(name).some((folder) => written.has(folder));
  const removed = [...before].filter(([name]) => isTrackingRef(name) && !after.has(name) && isInTheWay(name));
  return { written, removed: new Map(removed) };
}

function listFolders(name: string): string[] {
  const parts = name.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}
