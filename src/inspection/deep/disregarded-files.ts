import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { listAdminDirectories, readWorkTreeOf } from "../../git/worktrees.ts";
import { decodeLatin1 } from "../../platform/byte-text.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/**
 * True for an entry of `git status --porcelain=v1 -z` in a work tree that is nobody's work. Bytes are latin1.
 * `repositories`: the directories below the work tree that hold one.
 */
export type Disregard = (workTree: string, entry: string, repositories: readonly string[]) => boolean;

/**
 * A work tree without a pool manager often has other work trees inside: those are slots of their own. An ignored directory
 * with one of the names, such as `node_modules`, can be made again, unless it holds a repository.
 */
export function createDisregard({ commonDirectory }: GitDirectories, names: readonly string[]): Disregard {
  const admins = listAdminDirectories(uncachedReader, commonDirectory);
  const others = new Set(
    admins.map(readWorkTreeOf).flatMap((path) => (path === undefined ? [] : [toLatin1(path)])),
  );
  return (workTree, entry, repositories) => {
    const isIgnored = entry.startsWith("!! ");
    if (!(isIgnored || entry.startsWith("?? ")) || !entry.endsWith("/")) return false;
    const path = entry.slice(3, -1);
    const isRemade = isIgnored && path.split("/").some((part) => names.includes(part));
    if (isRemade && !holdsAny(join(workTree, decodeLatin1(path)), repositories)) return true;
    return holdsOthersAlone(`${toLatin1(workTree)}/${path}`, others);
  };
}

function holdsAny(directory: string, repositories: readonly string[]): boolean {
  return repositories.some((path) => path === directory || path.startsWith(`${directory}/`));
}

/** The directory is another work tree, or a place of nothing but such ones. */
function holdsOthersAlone(directory: string, others: ReadonlySet<string>): boolean {
  if (others.has(directory)) return true;
  if (![...others].some((path) => path.startsWith(`${directory}/`))) return false;
  try {
    const inside = readdirSync(Buffer.from(directory, "latin1"), { encoding: "latin1", withFileTypes: true });
    return inside.every(
      (each) => each.isDirectory() && holdsOthersAlone(`${directory}/${each.name}`, others),
    );
  } catch {
    return false;
  }
}

function toLatin1(path: string): string {
  return Buffer.from(path).toString("latin1");
}
