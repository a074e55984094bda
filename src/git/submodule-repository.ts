import { join } from "node:path";
import type { SlotReader } from "../platform/slot-reader.ts";
import { readGitFile } from "./git-directory.ts";

/**
 * The git directory that the work tree of a submodule leads to: its own `.git`, or one below `modules` of the superproject's
 * git directory. Undefined if there is none, and for what a link names elsewhere: it may be a neighbour's.
 */
export function locateSubmoduleRepository(
  reader: SlotReader,
  workTree: string,
  superproject: string,
): string | undefined {
  const link = join(workTree, ".git");
  const path = reader.isDirectory(link) ? link : readGitFile(reader, link);
  if (path === undefined || !reader.isDirectory(path)) return undefined;
  const isOwn =
    reader.isReallyInside(workTree, path) || reader.isReallyInside(join(superproject, "modules"), path);
  return isOwn ? path : undefined;
}
