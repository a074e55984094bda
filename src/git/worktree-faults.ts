import { backlinkPath, commonLinkPath, readBacklink } from "./git-directory.ts";
import { headPath, readHead } from "./refs/head.ts";
import { isOfMaking, readWorktreeLock } from "./worktrees.ts";
import type { SlotReader } from "../platform/slot-reader.ts";

/** A file about a linked work tree that git cannot read. */
export interface WorktreeFault {
  /** The git directory of the work tree. */
  readonly admin: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** True if fetch and gc of the repository end on it too; else fsck alone does. */
  readonly stopsFetch: boolean;
}

/** As `git worktree add` writes HEAD first. */
const nullHead = /^"0+"$/;

/**
 * Faults of linked work trees that stop git in the repository itself: fsck, gc, fetch, and commands that list the work trees.
 * Git ignores a work tree with an empty link back, and one that it is still making is none.
 */
export function listWorktreeFaults(reader: SlotReader, admins: readonly string[]): WorktreeFault[] {
  return admins.flatMap((admin) => {
    const fault = findFault(reader, admin);
    return fault === undefined ? [] : [{ admin, ...fault }];
  });
}

function findFault(reader: SlotReader, admin: string): Omit<WorktreeFault, "admin"> | undefined {
  const back = backlinkPath(admin);
  if (reader.readEntry(back).kind === "special file")
    return { path: back, expected: "a file", found: "a special file", stopsFetch: true };
  if (readBacklink(reader, admin) === undefined || isOfMaking(readWorktreeLock(reader, admin)))
    return undefined;
  const path = commonLinkPath(admin);
  const common = reader.readEntry(path);
  if (common.kind !== "missing" && (common.kind !== "file" || common.stats?.size === 0))
    return { path, expected: "a link", found: `an empty ${common.kind}`, stopsFetch: true };
  const head = readHead(reader, admin);
  if (head.kind !== "missing" && head.kind !== "invalid") return undefined;
  const found = head.kind === "missing" ? "nothing" : head.found;
  const stopsFetch = nullHead.test(found);
  return { path: headPath(admin), expected: "a branch or a commit", found, stopsFetch };
}
