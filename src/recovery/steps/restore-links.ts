import { mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import {
  backlinkPath,
  commonLink,
  commonLinkPath,
  formatLinks,
  readBacklink,
  readCommonLink,
  readGitFile,
  type GitDirectories,
  type LinkStyle,
} from "../../git/git-directory.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { listObstacles } from "../../git/obstacles.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { readPackedRefMap } from "../../git/refs/packed-refs.ts";
import { hasRef } from "../../git/refs/refs.ts";
import { listAdminDirectories, worktreesDirectory } from "../../git/worktrees.ts";
import { isReallyInside, resolveLinks } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import type { Slot } from "../../pool/pool.ts";
import { leadsOutOfPool } from "../refusal.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { moveAside, replaceFile } from "./replace-file.ts";
import { restoreOwnLinks } from "./restore-own-links.ts";
import { findLinkStyle } from "../repair/link-style.ts";
import { listOwnWorktreeFaults } from "../repair/own-worktrees.ts";
import { restoreConfig } from "../repair/restore-config.ts";
import { restoreSubmodules } from "../repair/restore-submodules.ts";
import { rebuildIndex } from "./rebuild-index.ts";
import { recreateWorktree } from "./recreate-worktree.ts";
import { restoreCurrentBranch } from "./restore-refs.ts";
import {
  findHeadTarget,
  restoreDetachedHead,
  restoreHead,
  restoreMainHead,
  restoreOwnHead,
} from "./restore-head.ts";
import { concerns } from "../plan/fault-parts.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export const restoreLinksStep: RecoveryStep = {
  action: "restore_links",
  savesWork: false,
  replacesRepository: false,
  helps: (fault) =>
    concerns(fault, "links") ||
    (fault.layout === "worktree" &&
      fault.reasons.some((reason) => reason === "slot_missing" || reason === "slot_path_invalid")),
  execute: restoreLinks,
};

/** Step 3: HEAD, and the links between a worktree and the main repository. No file of the work tree is touched. */
export async function restoreLinks(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  if (pool.source !== undefined) return restoreOwnLinks(context);
  if (!isReallyInside(pool.directory, slot.path)) {
    return { outcome: "refused", ...leadsOutOfPool(slot.path) };
  }
  if (slot.layout === "worktree") return restoreWorktree(context);
  const gitDirectory = join(slot.path, ".git");
  if (!uncachedReader.isDirectory(gitDirectory))
    return { outcome: "no_effect", detail: "the slot has no repository" };
  const directories = { gitDirectory, commonDirectory: gitDirectory };
  const cleared = clearObstacles(context, directories);
  const config = await restoreConfig(context, directories);
  const submodules = await restoreSubmodules(context, directories);
  const worktrees = restoreOwnWorktrees(context, gitDirectory);
  const head = restoreHead(context, directories);
  const written = [...cleared, config, head, ...worktrees, ...submodules].filter(
    (detail) => detail !== undefined,
  );
  return written.length > 0
    ? { outcome: "done", detail: written.join("; ") }
    : { outcome: "no_effect", detail: "nothing proves what HEAD was" };
}

/**
 * Work trees that somebody made out of the slot, as far as their own files prove what is lost. One that proves nothing, as
 * one that git was killed while it made it, goes to quarantine with its state: else all work trees are without gc and fetch.
 */
function restoreOwnWorktrees(context: RecoveryContext, commonDirectory: string): string[] {
  return listOwnWorktreeFaults(context, commonDirectory).flatMap(({ admin, part, path }) => {
    if (part === "index") return [];
    if (path === commonLinkPath(admin)) return [replaceFile(context, path, commonLink)];
    const head =
      part === "head" ? restoreOwnHead(context, { gitDirectory: admin, commonDirectory }) : undefined;
    if (head !== undefined) return [head];
    moveAside(context, admin);
    return [`moved aside ${admin}`];
  });
}

/** Git makes each of these files again when it needs it. */
function clearObstacles(
  context: RecoveryContext,
  { gitDirectory, commonDirectory }: GitDirectories,
  { isShared = false }: { readonly isShared?: boolean } = {},
): string[] {
  const refs = readPackedRefMap(commonDirectory);
  const obstacles = listObstacles(uncachedReader, gitDirectory, {
    hasRef: (name) => hasRef(uncachedReader, commonDirectory, refs, name),
    isShared,
  });
  return obstacles.map(({ path }) => {
    moveAside(context, path);
    return `moved aside ${path}`;
  });
}

async function restoreWorktree(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  const main = mainRepositoryPath(pool.directory);
  if (!uncachedReader.isDirectory(main) || !isReallyInside(pool.directory, worktreesDirectory(main))) {
    return { outcome: "no_effect", detail: `${main} is no repository of this pool` };
  }
  // Before anything is moved: the files that are there tell.
  const style = findLinkStyle(context);
  // A file, or a link to another slot, in the place of the work tree.
  if (!["directory", "missing", "unreadable"].includes(readEntry(slot.path).kind))
    moveAside(context, slot.path);
  const admin = findAdminDirectory(slot, main);
  if (isOfOtherSlot(admin, slot)) {
    return { outcome: "refused", reason: "unsafe_path", detail: `${admin} belongs to another work tree` };
  }
  const directories = { gitDirectory: admin, commonDirectory: main };
  const config = await restoreConfig(context, directories);
  const cleared = [
    ...clearObstacles(context, { gitDirectory: main, commonDirectory: main }, { isShared: true }),
    ...clearObstacles(context, directories),
  ];
  const mainHead = restoreMainHead(context, main);
  const nested = restoreOwnWorktrees(context, main);
  const rebuilt = uncachedReader.isDirectory(admin) ? [] : createAdminDirectory(context, directories);
  if (rebuilt === undefined) return { outcome: "no_effect", detail: "nothing proves what HEAD was" };
  const shared = [config, mainHead].filter((detail) => detail !== undefined);
  const written = [
    ...shared,
    ...cleared,
    ...nested,
    ...rebuilt,
    ...restoreAdminFiles(context, directories, style),
  ];
  written.push(...(await restoreSubmodules(context, directories)));
  if (readEntry(slot.path).kind === "missing") {
    const tip = restoreCurrentBranch(context, directories) ?? restoreDetachedHead(context, directories);
    const made = await recreateWorktree(context, directories);
    return tip === undefined ? made : { ...made, detail: `${tip}; ${made.detail}` };
  }
  const gitFile = join(slot.path, ".git");
  if (readGitFile(uncachedReader, gitFile) !== admin)
    written.push(replaceFile(context, gitFile, formatLinks({ gitFile, admin }, style).gitFile));
  if (readEntry(indexPath(admin)).kind === "missing") {
    const index = await rebuildIndex(context);
    if (index.outcome !== "done") return index;
    written.push(index.detail);
  }
  return written.length > 0
    ? { outcome: "done", detail: written.join("; ") }
    : { outcome: "no_effect", detail: "the links of the work tree are whole" };
}

/** The admin directory whose backlink names this slot; else the one its `.git` file names; else the layout's own. */
export function findAdminDirectory(slot: Slot, main: string): string {
  const parent = worktreesDirectory(main);
  const named = readGitFile(uncachedReader, join(slot.path, ".git"));
  const isNamedHere = named !== undefined && resolveLinks(dirname(named)) === resolveLinks(parent);
  if (isNamedHere && isLinkedTo(named, slot)) return named;
  const linked = listAdminDirectories(uncachedReader, main).find((directory) => isLinkedTo(directory, slot));
  if (linked !== undefined) return linked;
  return isNamedHere && !isOfOtherSlot(named, slot) ? named : join(parent, basename(slot.path));
}

function isLinkedTo(admin: string, slot: Slot): boolean {
  const target = readBacklink(uncachedReader, admin);
  return target !== undefined && resolveLinks(target) === resolveLinks(join(slot.path, ".git"));
}

/** True if another work tree and the admin directory name each other. */
export function isOfOtherSlot(admin: string, slot: Slot): boolean {
  const target = readBacklink(uncachedReader, admin);
  if (target === undefined || isLinkedTo(admin, slot)) return false;
  const back = readGitFile(uncachedReader, target);
  return back !== undefined && resolveLinks(back) === resolveLinks(admin);
}

/** Undefined if no branch is known that is there and free: nothing is then written. */
function createAdminDirectory(context: RecoveryContext, directories: GitDirectories): string[] | undefined {
  const admin = directories.gitDirectory;
  const head = findHeadTarget(context, directories);
  if (head === undefined) return undefined;
  moveAside(context, admin);
  mkdirSync(admin, { recursive: true });
  return [replaceFile(context, headPath(admin), formatRefFile(head))];
}

function restoreAdminFiles(
  context: RecoveryContext,
  directories: GitDirectories,
  style: LinkStyle,
): string[] {
  const { gitDirectory: admin, commonDirectory: main } = directories;
  const written: string[] = [];
  const links = formatLinks({ gitFile: join(context.slot.path, ".git"), admin }, style);
  const common = readCommonLink(uncachedReader, admin);
  if (common === undefined || resolveLinks(common) !== resolveLinks(main))
    written.push(replaceFile(context, commonLinkPath(admin), links.commonLink));
  if (!isLinkedTo(admin, context.slot))
    written.push(replaceFile(context, backlinkPath(admin), links.backlink));
  const head = restoreHead(context, directories);
  return head === undefined ? written : [...written, head];
}
