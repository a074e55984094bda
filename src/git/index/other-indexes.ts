import { isInside } from "../../platform/contained-path.ts";
import { readRange } from "../../platform/regular-file.ts";
import type { GitDirectories } from "../git-directory.ts";
import { listAdminDirectories, readWorkTreeOf } from "../worktrees.ts";
import { indexPath, isSharedIndexName } from "./staged-entries.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** An index beside the one of the work tree itself. */
export interface OtherIndex {
  readonly path: string;
  /** The git directory that it lies in. */
  readonly gitDirectory: string;
}

/**
 * The git directories of the work trees that somebody made out of this one, wherever they are: their HEADs and indexes lie
 * in this repository alone. Of a main repository they are those inside this work tree or its git directory; the others are
 * not this one's.
 */
export function listOwnAdmins({ gitDirectory, commonDirectory }: GitDirectories, workTree: string): string[] {
  return listAdminDirectories(uncachedReader, commonDirectory).filter((admin) => {
    if (admin === gitDirectory) return false;
    if (gitDirectory === commonDirectory) return true;
    const place = readWorkTreeOf(admin);
    if (place === undefined || place === workTree) return false;
    return isInside(workTree, place) || isInside(gitDirectory, place);
  });
}

/** A work tree that a tool such as git-subrepo made inside the git directory: no status of the slot shows its files. */
export interface HiddenTree {
  readonly workTree: string;
  readonly admin: string;
}

export function listHiddenTrees(directories: GitDirectories, workTree: string): HiddenTree[] {
  const { gitDirectory } = directories;
  return listOwnAdmins(directories, workTree).flatMap((admin) => {
    const place = readWorkTreeOf(admin);
    const isHidden = place !== undefined && uncachedReader.isReallyInside(gitDirectory, place);
    return isHidden && uncachedReader.isDirectory(place) ? [{ workTree: place, admin }] : [];
  });
}

/**
 * Every other index that may name content: those of the work trees made out of this one, and files of the git directories
 * that are indexes by their first bytes, under whatever name a program or a killed git left them.
 */
export function listOtherIndexes(directories: GitDirectories, workTree: string): OtherIndex[] {
  const own = indexPath(directories.gitDirectory);
  return [directories.gitDirectory, ...listOwnAdmins(directories, workTree)].flatMap((gitDirectory) =>
    uncachedReader
      .listAllNames(gitDirectory)
      .filter((name) => !isSharedIndexName(name))
      .map((name) => ({ path: `${gitDirectory}/${name}`, gitDirectory }))
      .filter(({ path }) => path !== own && (path === indexPath(gitDirectory) || isIndex(path))),
  );
}

function isIndex(path: string): boolean {
  const signature = uncachedReader.withOpenFile(path, (descriptor) =>
    readRange(descriptor, 0, 4).toString("latin1"),
  );
  return signature === "DIRC";
}
