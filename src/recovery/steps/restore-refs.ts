import type { FindingCode } from "../../inspection/finding.ts";
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { formatRefFile, isRefName, readHead } from "../../git/refs/head.ts";
import { openObjectStore } from "../../git/objects/open-object-store.ts";
import {
  formatPackedRefs,
  packedRefsPath,
  readPackedRefMap,
  readPackedRefs,
  readSoundPackedRefs,
} from "../../git/refs/packed-refs.ts";
import { isDangling } from "../../git/refs/dangling-refs.ts";
import { followRef, listLooseRefs, readLooseRef, resolveRef } from "../../git/refs/refs.ts";
import { listCheckedOutBranches } from "../../git/worktrees.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { slotBranch } from "../../pool/layouts/layout.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { readReflog, reflogPath, tellsDeletion } from "../../git/refs/reflog.ts";
import { moveAside, replaceFile } from "./replace-file.ts";
import { concerns } from "../plan/fault-parts.ts";
import type { RecoveryStep } from "./recovery-step.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

export const restoreRefsStep: RecoveryStep = {
  action: "restore_refs",
  savesWork: true,
  replacesRepository: true,
  helps: (fault) => concerns(fault, "refs"),
  execute: restoreRefs,
};

const refCodes: readonly FindingCode[] = ["ref_invalid", "ref_target_missing", "ref_missing"];

/**
 * Step 5: gives a damaged or lost ref the newest object of its reflog that is still there. A ref that says nothing, has no
 * such reflog and is checked out nowhere is moved aside.
 */
function restoreRefs(context: RecoveryContext): ActionResult {
  const { directories } = locateRepository(uncachedReader, context.slot, context.pool);
  if (directories === undefined) return { outcome: "no_effect", detail: "the slot has no repository" };
  const damaged = findDamagedRefs(context, directories);
  const isPackedLost = readEntry(packedRefsPath(directories.commonDirectory)).kind === "missing";
  const packed = restorePackedRefs(context, directories);
  const repaired = [packed, ...clearFolders(context, directories, damaged)];
  for (const directory of new Set([directories.commonDirectory, directories.gitDirectory]))
    repaired.push(...moveNamelessRefs(context, directory));
  repaired.push(
    ...restoreDangling(context, directories, { isTargetLost: isPackedLost || packed !== undefined }),
  );
  const isRepaired = repaired.some((detail) => detail !== undefined);
  const names = new Set([...damaged, ...(isRepaired ? listLostRefs(directories) : [])]);
  const refs = [...names].map((ref) => restoreRef(context, directories, ref));
  const own = findDamagedOwnRefs(context, directories).map((ref) =>
    restoreRef(context, directories, ref, directories.gitDirectory),
  );
  const restored = [...repaired, ...refs, ...own].filter((detail) => detail !== undefined);
  return restored.length > 0
    ? { outcome: "done", detail: restored.join("; ") }
    : { outcome: "no_effect", detail: "no damaged ref has a usable reflog" };
}

/**
 * Gives the branch of HEAD the newest object of its reflog that is there, if it leads to none: without its directory a slot's
 * branch is looked at by nobody. @returns what was done; undefined if the branch is sound, or nothing proves what it was.
 */
export function restoreCurrentBranch(
  context: RecoveryContext,
  directories: GitDirectories,
): string | undefined {
  const { commonDirectory } = directories;
  const ref = currentRef(directories);
  // Objects that a damaged store only hides are back after a later step, which has this one tried again.
  if (ref === undefined || !isRefName(ref) || concerns(context, "objects")) return undefined;
  const found = resolveRef(uncachedReader, commonDirectory, ref, readPackedRefMap(commonDirectory));
  const isThere = (id: string): boolean => openObjectStore(commonDirectory).store.has(uncachedReader, id);
  const isSound = found.kind === "unreadable" || (found.kind === "commit" && isThere(found.objectId));
  return isSound ? undefined : restoreRef(context, directories, ref);
}

/**
 * Keeps the lines of a damaged packed-refs that name an object which is there; git refuses the whole file for one bad
 * line. A missing `refs` directory is made again. Undefined if both are sound.
 */
function restorePackedRefs(
  context: RecoveryContext,
  { commonDirectory }: GitDirectories,
): string | undefined {
  const done: string[] = [];
  const refs = join(commonDirectory, "refs");
  if (readEntry(refs).kind !== "directory") {
    moveAside(context, refs);
    mkdirSync(join(refs, "heads"), { recursive: true });
    mkdirSync(join(refs, "tags"));
    done.push(`made ${refs} again`);
  }
  if (readPackedRefs(uncachedReader, commonDirectory).kind === "invalid") {
    const { store } = openObjectStore(commonDirectory);
    const named = [...readSoundPackedRefs(commonDirectory).refs];
    const sound = new Map(named.filter(([, objectId]) => store.has(uncachedReader, objectId)));
    done.push(replaceFile(context, packedRefsPath(commonDirectory), formatPackedRefs(sound)));
  }
  return done.length > 0 ? done.join("; ") : undefined;
}

/**
 * Repairs symbolic refs whose target does not exist. The target is made again from its reflog; if it was lost, also from the
 * reflog of the symbolic ref. If there is no reflog, or another file is in the target's place, the symbolic ref is moved aside.
 */
function restoreDangling(
  context: RecoveryContext,
  directories: GitDirectories,
  { isTargetLost }: { isTargetLost: boolean },
): string[] {
  const { commonDirectory } = directories;
  const packed = readPackedRefMap(commonDirectory);
  return listLooseRefs(uncachedReader, commonDirectory).flatMap((name) => {
    const ref = readLooseRef(uncachedReader, commonDirectory, name);
    if (ref.kind !== "symbolic" || !mayRestore(context, directories, name)) return [];
    const isOpen = followRef(uncachedReader, commonDirectory, { name, ref }, packed).kind === "missing";
    // After its packed refs were lost, a repository looks as after a prune.
    if (!isOpen || !(isTargetLost || isDangling(uncachedReader, commonDirectory, { name, ref }, packed)))
      return [];
    const path = join(commonDirectory, ref.target);
    const objectId =
      findNewestObject(directories, ref.target) ??
      (isTargetLost ? findNewestObject(directories, name) : undefined);
    if (objectId !== undefined && canBeMade(commonDirectory, ref.target))
      return [`${replaceFile(context, path, formatRefFile(objectId))} from a reflog`];
    moveAside(context, join(commonDirectory, name));
    return [`moved aside ${join(commonDirectory, name)}`];
  });
}

/** In a worktree pool the symbolic refs of a slot that somebody works in are left to the slot. */
function mayRestore({ slot }: RecoveryContext, directories: GitDirectories, name: string): boolean {
  if (slot.layout === "clone") return true;
  return !listCheckedOutBranches(uncachedReader, directories.commonDirectory).some(({ ref }) => ref === name);
}

function canBeMade(commonDirectory: string, name: string): boolean {
  const folders = name.split("/").slice(0, -1);
  const isFolder = (_: string, index: number): boolean =>
    ["directory", "missing"].includes(readEntry(join(commonDirectory, ...folders.slice(0, index + 1))).kind);
  return folders.every(isFolder) && readEntry(join(commonDirectory, name)).kind === "missing";
}

/** Files among the refs under a name that no ref may have: git reads them for no ref, and complains of each. */
function moveNamelessRefs(context: RecoveryContext, directory: string): string[] {
  return listLooseRefs(uncachedReader, directory)
    .filter((name) => !isRefName(name) && !name.endsWith(".lock"))
    .map((name) => {
      const path = join(directory, name);
      moveAside(context, path);
      return `moved aside ${path}`;
    });
}

const folderOfRefs = /^refs\/(?:heads|tags|remotes(?:\/[^/]+)?)$/;

/** Moves aside what is in the place of a folder of refs: branches are below it, or reflogs of branches that were. */
function clearFolders(
  context: RecoveryContext,
  { commonDirectory }: GitDirectories,
  damaged: readonly string[],
): string[] {
  const heads = listCheckedOutBranches(uncachedReader, commonDirectory).map(({ ref }) => ref);
  const isFolder = (name: string): boolean =>
    folderOfRefs.test(name) ||
    listLooseRefs(uncachedReader, commonDirectory, `logs/${name}`).length > 0 ||
    heads.some((ref) => ref.startsWith(`${name}/`));
  return damaged.filter(isFolder).map((name) => {
    const path = join(commonDirectory, name);
    moveAside(context, path);
    return `moved aside ${path}`;
  });
}

/** Git removes the reflog of a branch with the branch: one without the other was lost with the file that is repaired. */
function listLostRefs({ commonDirectory }: GitDirectories): string[] {
  const known = readPackedRefMap(commonDirectory);
  const logged = listLooseRefs(uncachedReader, commonDirectory, "logs/refs").map((name) =>
    name.slice("logs/".length),
  );
  const isLost = (name: string): boolean => {
    if (!isRefName(name) || known.has(name)) return false;
    if (readEntry(join(commonDirectory, name)).kind !== "missing") return false;
    const entries = readReflog(uncachedReader, reflogPath(commonDirectory, name));
    return entries.length > 0 && !tellsDeletion(entries);
  };
  return logged.filter((name) => isLost(name));
}

/** In a worktree pool the refs are shared: its own branch is a slot's to repair, and any that no slot has. */
function findDamagedRefs({ inspection, slot }: RecoveryContext, directories: GitDirectories): string[] {
  const own = currentRef(directories);
  // A bare repository keeps no reflog of a branch that nobody committed to.
  const isMadeByPool = slot.layout === "worktree" && own === slotBranch(slot.repoName, slot.number);
  const names = inspection.findings.flatMap(({ code, path }) => {
    if (code === "head_branch_lost" || (code === "head_branch_unborn" && isMadeByPool))
      return own === undefined ? [] : [own];
    return refCodes.includes(code) ? [relative(directories.commonDirectory, path)] : [];
  });
  const refs = [...new Set(names)].filter((name) => isRefName(name));
  if (slot.layout === "clone") return refs;
  const ofNobody = (inspection.mainRepository?.findings ?? [])
    .filter(({ code }) => refCodes.includes(code))
    .map(({ path }) => relative(directories.commonDirectory, path));
  return [...refs.filter((name) => name === own), ...ofNobody.filter((name) => isRefName(name))];
}

/** Of a linked work tree: the damaged refs that it has for itself, such as those of a bisection. */
function findDamagedOwnRefs(
  { inspection }: RecoveryContext,
  { gitDirectory, commonDirectory }: GitDirectories,
): string[] {
  if (gitDirectory === commonDirectory) return [];
  return inspection.findings
    .filter(({ code }) => refCodes.includes(code))
    .map(({ path }) => relative(gitDirectory, path))
    .filter((name) => isRefName(name));
}

function currentRef({ gitDirectory }: GitDirectories): string | undefined {
  const head = readHead(uncachedReader, gitDirectory);
  return head.kind === "branch" ? head.ref : undefined;
}

/** `directory`: the git directory that has the ref. */
function restoreRef(
  context: RecoveryContext,
  directories: GitDirectories,
  ref: string,
  directory = directories.commonDirectory,
): string | undefined {
  const path = join(directory, ref);
  // A folder of that name may hold other branches, and a lock means that git is writing the ref now.
  if (listLooseRefs(uncachedReader, directory, ref).length > 0) return undefined;
  if (readEntry(`${path}.lock`).kind !== "missing") return undefined;
  const objectId = findNewestObject(directories, ref, directory);
  if (objectId !== undefined) return `${replaceFile(context, path, formatRefFile(objectId))} from its reflog`;
  const isNobodys = ref !== currentRef(directories);
  const saysNothing = isNobodys && readLooseRef(uncachedReader, directory, ref).kind === "invalid";
  // The next fetch writes a remote's ref again, and until then it would break that fetch.
  if (!saysNothing && !ref.startsWith("refs/remotes/")) return undefined;
  moveAside(context, path);
  return `moved aside ${path}`;
}

/** HEAD's own reflog speaks for the current branch if that branch has none, as in a bare main repository. */
function findNewestObject(
  directories: GitDirectories,
  ref: string,
  directory = directories.commonDirectory,
): string | undefined {
  const { gitDirectory, commonDirectory } = directories;
  const { store } = openObjectStore(commonDirectory);
  const own = readReflog(uncachedReader, reflogPath(directory, ref));
  const isOnRef = own.length === 0 && currentRef(directories) === ref;
  const newest = (isOnRef ? readReflog(uncachedReader, reflogPath(gitDirectory, "HEAD")).slice(-1) : own).map(
    ({ newId }) => newId,
  );
  return newest.findLast((id) => store.has(uncachedReader, id));
}
