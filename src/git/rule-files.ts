import { findSpecialFiles } from "../platform/find-special-files.ts";

/** Git opens these by their names in the directories of a work tree, whatever is there, but follows no link. */
const names = [".gitattributes", ".gitignore", ".gitmodules"];

/**
 * FIFOs, sockets and devices in the place of rules in a work tree: git would wait indefinitely for what writes to them. Our
 * git may be given the work tree only if there are none.
 */
export function listSpecialRuleFiles(workTree: string): Promise<Buffer[]> {
  return findSpecialFiles(workTree, { names, exceptBelow: ".git" });
}
