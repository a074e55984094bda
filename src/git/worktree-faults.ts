import { dirname } from "node:path";
import { backlinkPath, commonLinkPath, readBacklink } from "./git-directory.ts";
import { readIndex } from "./index/index-file.ts";
import { indexPath } from "./index/staged-entries.ts";
import { treeOf } from "./objects/commit-tree.ts";
import { emptyTreeOf } from "./objects/object-id.ts";
import type { ObjectStore } from "./objects/object-store.ts";
import { headPath, readHead } from "./refs/head.ts";
import { isOfMaking, readWorktreeLock } from "./worktrees.ts";
import type { SlotReader } from "../platform/slot-reader.ts";

/** A file about a linked work tree with which git cannot go on. */
export interface WorktreeFault {
  /** The git directory of the work tree. */
  readonly admin: string;
  /** Undefined if its link back cannot be read. */
  readonly workTree: string | undefined;
  readonly part: "link" | "head" | "index";
  readonly path: string;
  readonly expected: string;
  readonly found: string;
  /** True if fetch of the repository ends on it; else fsck or gc alone does. */
  readonly stopsFetch: boolean;
}

/** What the files of a work tree are judged by. */
export interface WorktreeObjects {
  /** Undefined if objects may seem to be missing that are there. */
  readonly store: ObjectStore | undefined;
  readonly idBytes: 20 | 32;
}

/** As `git worktree add` writes HEAD first. */
const nullHead = /^"0+"$/;

type Found = Omit<WorktreeFault, "admin" | "workTree">;

/**
 * Faults of linked work trees that stop git in the repository itself: fsck, gc, fetch, and commands that list the work trees.
 * Git ignores a work tree with an empty link back, and one that it is still making is none.
 */
export function listWorktreeFaults(
  reader: SlotReader,
  admins: readonly string[],
  objects: WorktreeObjects,
): WorktreeFault[] {
  return admins.flatMap((admin): WorktreeFault[] => {
    const path = backlinkPath(admin);
    if (reader.readEntry(path).kind === "special file") {
      const found = { path, expected: "a file", found: "a special file", stopsFetch: true };
      return [{ admin, workTree: undefined, part: "link", ...found }];
    }
    const backlink = readBacklink(reader, admin);
    if (backlink === undefined || isOfMaking(readWorktreeLock(reader, admin))) return [];
    const workTree = dirname(backlink);
    const found = [
      findLinkFault(reader, admin) ?? findHeadFault(reader, admin, objects.store),
      findIndexFault(reader, admin, objects.idBytes),
    ];
    return found.filter((fault) => fault !== undefined).map((fault) => ({ admin, workTree, ...fault }));
  });
}

function findLinkFault(reader: SlotReader, admin: string): Found | undefined {
  const path = commonLinkPath(admin);
  const common = reader.readEntry(path);
  if (common.kind === "missing" || (common.kind === "file" && common.stats?.size !== 0)) return undefined;
  return { part: "link", path, expected: "a link", found: `an empty ${common.kind}`, stopsFetch: true };
}

/** A branch without a commit is judged among the refs, which all work trees share. */
function findHeadFault(reader: SlotReader, admin: string, store: ObjectStore | undefined): Found | undefined {
  const fault = { part: "head" as const, path: headPath(admin), expected: "a branch or a commit" };
  const head = readHead(reader, admin);
  if (head.kind === "missing") return { ...fault, found: "nothing", stopsFetch: false };
  if (head.kind === "invalid") return { ...fault, found: head.found, stopsFetch: nullHead.test(head.found) };
  const lost = head.kind === "detached" && store !== undefined && findLostPart(reader, store, head.commit);
  if (lost === false || lost === undefined) return undefined;
  return { ...fault, found: `${head.commit}, whose ${lost} is missing`, stopsFetch: lost === "object" };
}

/** What of a commit is not there: fetch ends without its object, gc and fsck without its tree too. */
export function findLostPart(
  reader: SlotReader,
  store: ObjectStore,
  commit: string,
): "object" | "tree" | undefined {
  if (!store.has(reader, commit)) return "object";
  const reading = store.read(reader, commit);
  const tree = reading.kind === "object" ? treeOf(reading.object.content) : undefined;
  if (tree === undefined || tree === emptyTreeOf(tree.length === 64 ? 32 : 20)) return undefined;
  return store.has(reader, tree) ? undefined : "tree";
}

function findIndexFault(reader: SlotReader, admin: string, idBytes: 20 | 32): Found | undefined {
  const path = indexPath(admin);
  const index = readIndex(reader, path, idBytes);
  if (index.kind !== "corrupt") return undefined;
  return {
    part: "index",
    path,
    expected: "an index with its checksum",
    found: index.found,
    stopsFetch: false,
  };
}
