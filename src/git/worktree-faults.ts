import { backlinkPath, commonLinkPath, readBacklink } from "./git-directory.ts";
import { headPath, readHead } from "./refs/head.ts";
import { listAdminDirectories, worktreeLockPath } from "./worktrees.ts";
import type { SlotReader } from "../platform/slot-reader.ts";

/** A file about a linked work tree that git cannot read. */
export interface WorktreeFault {
  /** The git directory of the work tree. */
  readonly admin: string;
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Faults of linked work trees that stop git in the repository itself: fsck, and commands that list the work trees. Git
 * ignores a work tree with an empty link back, and one that it is still making.
 */
export function listWorktreeFaults(reader: SlotReader, commonDirectory: string): WorktreeFault[] {
  return listAdminDirectories(reader, commonDirectory).flatMap((admin): WorktreeFault[] => {
    if (reader.readEntry(backlinkPath(admin)).kind === "special file")
      return [{ admin, path: backlinkPath(admin), expected: "a file", found: "a special file" }];
    if (readBacklink(reader, admin) === undefined || isBeingMade(reader, admin)) return [];
    const common = reader.readEntry(commonLinkPath(admin));
    if (common.kind !== "missing" && (common.kind !== "file" || common.stats?.size === 0))
      return [{ admin, path: commonLinkPath(admin), expected: "a link", found: `an empty ${common.kind}` }];
    const head = readHead(reader, admin);
    if (head.kind !== "missing" && head.kind !== "invalid") return [];
    const found = head.kind === "missing" ? "nothing" : head.found;
    return [{ admin, path: headPath(admin), expected: "a branch or a commit", found }];
  });
}

/** Git locks a work tree with this reason until its files are there. */
function isBeingMade(reader: SlotReader, admin: string): boolean {
  const reading = reader.readRegularFile(worktreeLockPath(admin), { maxBytes: 64 });
  return reading.kind === "content" && reading.content.toString("latin1").startsWith("initializing");
}
