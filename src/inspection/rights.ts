import { encodePath } from "../platform/byte-text.ts";
import { accessSync, constants, lstatSync, statSync, type Stats } from "node:fs";
import { formatMode } from "../platform/unread-path.ts";
import type { Finding } from "./finding.ts";

/** Who works with a repository: the owner of the slot's, or of the pool's, directory. */
export interface RepositoryUser {
  readonly uid: number;
  readonly gid: number;
}

/** A place in which the user may not write. */
export interface ClosedPlace {
  readonly path: string;
  readonly stats: Pick<Stats, "uid" | "mode">;
}

/** The owner of a pool's directory, also if that is behind a link. Undefined if it cannot be asked. */
export function readPoolUser(pool: { readonly directory: string }): RepositoryUser | undefined {
  try {
    return statSync(pool.directory);
  } catch {
    // Gone meanwhile: other checks report that.
    return undefined;
  }
}

/**
 * By owner, group and mode. Which groups another user is in is not known: a group that may write then counts as the
 * user's, unless it is root's. For its own user the system is asked, which knows access lists as well.
 */
export function mayWrite(user: RepositoryUser, path: string, stats: Stats): boolean {
  // Root may write everywhere.
  if (user.uid === 0) return true;
  const { mode } = stats;
  if (stats.uid === user.uid ? (mode & 0o200) !== 0 : (mode & 0o002) !== 0) return true;
  if (process.geteuid?.() === user.uid) return isWritable(path);
  const isInGroup = stats.gid === user.gid || stats.gid !== 0;
  return stats.uid !== user.uid && (mode & 0o020) !== 0 && isInGroup;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // Whatever the reason, the user cannot write here.
    return false;
  }
}

/** One finding, however many places there are. */
export function describeClosed(
  { uid }: RepositoryUser,
  closed: readonly ClosedPlace[],
  depth: Finding["depth"],
): Finding[] {
  const [first] = closed;
  if (first === undefined) return [];
  const rest = closed.length > 1 ? `, and so do ${closed.length - 1} more places` : "";
  const found = `it belongs to user ${first.stats.uid} with mode ${formatMode(first.stats)}${rest}`;
  return [{ code: "ownership", path: first.path, expected: `user ${uid} may write here`, found, depth }];
}

/** Links are not followed. Undefined if nothing is there, or it may not be asked. */
export function readStats(path: string): Stats | undefined {
  try {
    return lstatSync(encodePath(path), { throwIfNoEntry: false });
  } catch {
    // No permission on the way: as above.
    return undefined;
  }
}
