import { join } from "node:path";
import {
  backlinkPath,
  commonLinkPath,
  formatLinks,
  readBacklink,
  readCommonLink,
  readGitFile,
  type GitDirectories,
} from "../../git/git-directory.ts";
import { findLostAdmin, findOwnAdmin, readWorktreeLock } from "../../git/worktrees.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { mainRepositoryOf } from "../../pool/layouts/layout.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { findLinkStyle } from "../repair/link-style.ts";
import { moveAside, replaceFile } from "./replace-file.ts";
import { restoreUnrecordedHead } from "./restore-head.ts";
import { restoreMissingTree } from "./restore-missing-tree.ts";
import { restoreRegistration } from "./restore-registration.ts";

/**
 * HEAD, the links of a linked work tree and a stale lock of `git worktree lock`: all that is the slot's own. Its
 * repository, and a registration that is not certain to be its own, stay as they are.
 */
export async function restoreOwnLinks(context: RecoveryContext): Promise<ActionResult> {
  const directories = findOwnDirectories(context);
  if (directories === undefined) return restoreLostHalf(context);
  const isLinked = directories.gitDirectory !== directories.commonDirectory;
  const written = [
    ...(isLinked ? restoreLinkFiles(context, directories) : []),
    restoreUnrecordedHead(context, directories),
    moveStaleWorktreeLock(context, directories),
  ].filter((detail) => detail !== undefined);
  return written.length > 0
    ? { outcome: "done", detail: written.join("; ") }
    : { outcome: "no_effect", detail: "nothing of the slot's own is to be restored, or nothing proves it" };
}

/** Of a linked work tree: the registration if the directory is left, or the directory if the registration is. */
async function restoreLostHalf(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  const unknown = `no git directory is certain to be that of ${slot.path}`;
  if (slot.layout === "clone") return { outcome: "no_effect", detail: unknown };
  const commonDirectory = mainRepositoryOf(pool);
  const isGone = readEntry(slot.path).kind === "missing";
  const find = isGone ? findOwnAdmin : findLostAdmin;
  const admin = find(slot.path, commonDirectory);
  if (admin === undefined) return { outcome: "no_effect", detail: unknown };
  const directories = { gitDirectory: admin, commonDirectory };
  return isGone ? restoreMissingTree(context, directories) : restoreRegistration(context, directories);
}

function findOwnDirectories({ slot, pool }: RecoveryContext): GitDirectories | undefined {
  if (slot.layout === "clone") {
    const gitDirectory = join(slot.path, ".git");
    const isOwn = uncachedReader.isDirectory(gitDirectory);
    return isOwn ? { gitDirectory, commonDirectory: gitDirectory } : undefined;
  }
  // Somebody made a repository of its own there.
  if (uncachedReader.isDirectory(join(slot.path, ".git"))) return undefined;
  const commonDirectory = mainRepositoryOf(pool);
  const admin = uncachedReader.isDirectory(slot.path) ? findOwnAdmin(slot.path, commonDirectory) : undefined;
  return admin === undefined ? undefined : { gitDirectory: admin, commonDirectory };
}

function restoreLinkFiles(
  context: RecoveryContext,
  { gitDirectory: admin, commonDirectory }: GitDirectories,
): string[] {
  const gitFile = join(context.slot.path, ".git");
  const links = formatLinks({ gitFile, admin }, findLinkStyle(context));
  const read = uncachedReader;
  const files = [
    { path: gitFile, target: readGitFile(read, gitFile), expected: admin, content: links.gitFile },
    {
      path: commonLinkPath(admin),
      target: readCommonLink(read, admin),
      expected: commonDirectory,
      content: links.commonLink,
    },
    {
      path: backlinkPath(admin),
      target: readBacklink(read, admin),
      expected: gitFile,
      content: links.backlink,
    },
  ];
  return files
    .filter(({ target, expected }) => target === undefined || resolveLinks(target) !== resolveLinks(expected))
    .map(({ path, content }) => replaceFile(context, path, content));
}

/** The lock that was found to be a dead process', unless it was written since. */
function moveStaleWorktreeLock(
  context: RecoveryContext,
  { gitDirectory }: GitDirectories,
): string | undefined {
  const { worktreeLock, lockOwner, owner } = context.inspection;
  const lock = readWorktreeLock(uncachedReader, gitDirectory);
  if (lock === undefined || lockOwner?.state !== "dead" || owner?.evidence !== "none") return undefined;
  const isSame =
    lock.text === worktreeLock?.text && lock.modifiedAt.getTime() === worktreeLock.modifiedAt.getTime();
  if (!isSame) return undefined;
  moveAside(context, lock.path);
  return `moved aside ${lock.path}`;
}
