import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isDirectory, type GitDirectories } from "../../git/git-directory.ts";
import { isRefName, readHead } from "../../git/refs/head.ts";
import { isObjectId } from "../../git/objects/object-id.ts";
import { readLooseRef, readPackedRefs, resolveRef } from "../../git/refs/refs.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import { slotBranch } from "../../pool/layouts/layout.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { readReflog } from "../../git/refs/reflog.ts";
import { replaceFile } from "./replace-file.ts";

const maxHeadBytes = 4096;

/** Names the branch that HEAD was moved to, in the three messages with which git says so. */
const moveToBranch =
  /^(?:checkout: moving from \S+ to (\S+)|Branch: renamed \S+ to refs\/heads\/(\S+)|rebase.*\(finish\): returning to refs\/heads\/(\S+))$/;

/**
 * Writes HEAD where it says nothing, or names a branch that never was. The old file goes to quarantine.
 * @returns what was done; undefined where HEAD is sound or nothing proves what it said.
 */
export function restoreHead(context: RecoveryContext, directories: GitDirectories): string | undefined {
  if (!isHeadLost(directories)) return undefined;
  const content = findHeadContent(context, directories);
  if (content === undefined) return undefined;
  return replaceFile(context, join(directories.gitDirectory, "HEAD"), `${content}\n`);
}

/**
 * Writes HEAD of the shared repository where it says nothing. No slot works on it: it only names the branch that new
 * slots begin with, so that any branch of the remote's may stand in for one that nobody knows any more.
 */
export function restoreMainHead(context: RecoveryContext, main: string): string | undefined {
  if (["branch", "detached", "unreadable"].includes(readHead(main).kind)) return undefined;
  const copy = context.knownGood.readPool(context.pool.repoName)?.files.get("HEAD");
  const said = readRegularFile(join(main, "HEAD"), { maxBytes: maxHeadBytes });
  const named = [copy, said.kind === "content" ? said.content : undefined]
    .map((content) => /^ref: (refs\/heads\/\S+)\n/.exec(content?.toString("utf8") ?? "")?.[1])
    .filter((ref) => ref !== undefined);
  const directories = { gitDirectory: main, commonDirectory: main };
  const usual = ["refs/heads/main", "refs/heads/master"];
  const ref = [...named, ...usual].find((candidate) => isKnownBranch(candidate, directories)) ?? usual[0];
  return replaceFile(context, join(main, "HEAD"), `ref: ${ref}\n`);
}

/** What HEAD said: by its own reflog, else by slot.json or our copy, else by the layout's own name for its branch. */
export function findHeadContent(context: RecoveryContext, directories: GitDirectories): string | undefined {
  const moves = readReflog(join(directories.gitDirectory, "logs", "HEAD"));
  const last = moves.map(({ message }) => moveToBranch.exec(message)).findLast((match) => match !== null);
  const branch = last?.[1] ?? last?.[2] ?? last?.[3];
  const isRebasing = ["rebase-merge", "rebase-apply"].some((name) =>
    isDirectory(join(directories.gitDirectory, name)),
  );
  const tip = moves.at(-1)?.newId;
  if (branch !== undefined || isRebasing) {
    const ref = `refs/heads/${branch ?? ""}`;
    if (!isRebasing && isFreeBranch(ref, directories)) return `ref: ${ref}`;
    // The last move led to a tag or a commit, or the branch is taken: detached keeps the commit.
    if (tip !== undefined && isObjectId(tip)) return tip;
  }
  const known = fallbackBranches(context, directories).find((ref) => isFreeBranch(ref, directories));
  return known === undefined ? undefined : `ref: ${known}`;
}

function fallbackBranches(
  { slot, pool, knownGood }: RecoveryContext,
  { commonDirectory }: GitDirectories,
): string[] {
  const recorded = slot.reading.kind === "valid" ? slot.reading.record.currentBranch : undefined;
  const copied = knownGood.readSlot(slot.slotId)?.files.get("HEAD")?.toString("utf8");
  const ofCopy = /^ref: (refs\/heads\/\S+)\n?$/.exec(copied ?? "")?.[1];
  const ofRecord = [
    ...(ofCopy === undefined ? [] : [ofCopy]),
    ...(recorded === undefined ? [] : [`refs/heads/${recorded}`]),
  ];
  if (slot.layout === "worktree") return [...ofRecord, slotBranch(pool.repoName, slot.number)];
  const origin = readLooseRef(commonDirectory, "refs/remotes/origin/HEAD");
  const ofOrigin =
    origin.kind === "symbolic" ? [origin.target.replace("refs/remotes/origin/", "refs/heads/")] : [];
  return [...ofRecord, ...ofOrigin];
}

/** Git lets one branch be checked out in one work tree. */
function isFreeBranch(ref: string, directories: GitDirectories): boolean {
  const isTaken = listAdminDirectories(directories.commonDirectory).some((admin) => {
    const head = readHead(admin);
    return admin !== directories.gitDirectory && head.kind === "branch" && head.ref === ref;
  });
  return !isTaken && isKnownBranch(ref, directories);
}

/** A branch that is there, or was: its reflog lets a later step bring it back. */
function isKnownBranch(ref: string, { commonDirectory }: GitDirectories): boolean {
  if (!isRefName(ref)) return false;
  const packed = readPackedRefs(commonDirectory);
  const found = resolveRef(commonDirectory, ref, packed.kind === "valid" ? packed.refs : new Map());
  return found.kind === "commit" || readReflog(join(commonDirectory, "logs", ref)).length > 0;
}

function isHeadLost(directories: GitDirectories): boolean {
  const head = readHead(directories.gitDirectory);
  if (head.kind === "detached") return false;
  if (head.kind !== "branch") return true;
  const packed = readPackedRefs(directories.commonDirectory);
  if (packed.kind !== "valid") return false;
  const found = resolveRef(directories.commonDirectory, head.ref, packed.refs);
  return found.kind === "missing" && !isKnownBranch(head.ref, directories);
}

/** What a repository knows of its linked work trees; links are not followed. */
export function listAdminDirectories(commonDirectory: string): string[] {
  const parent = join(commonDirectory, "worktrees");
  if (!isDirectory(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(parent, entry.name));
}
