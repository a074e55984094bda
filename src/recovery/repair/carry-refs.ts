import { mkdirSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { writeText } from "../../platform/write-text.ts";
import { configPath, readGitConfig } from "../../git/config/git-config.ts";
import { formatRefFile, headPath, readHead } from "../../git/refs/head.ts";
import { formatPackedRefs, packedRefsPath } from "../../git/refs/packed-refs.ts";
import { listLooseRefs, readLooseRef } from "../../git/refs/refs.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { copySlotTree } from "../../git/scratch/copy-slot-file.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { formatReflog, logsDirectory, reflogPath } from "../../git/refs/reflog.ts";
import { selectWhole } from "../../git/objects/missing-objects.ts";
import { planRewind, type RewindPlan } from "../../git/refs/plan-rewind.ts";
import { readKnownConfig } from "./restore-config.ts";
import { rebuildConfig } from "./rebuild-config.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { listCheckedOutBranches, worktreesDirectory } from "../../git/worktrees.ts";
import { listTipIds, readTips, type RepositoryTips } from "../../git/refs/tips.ts";
import { withRepairScratch } from "./repair-scratch.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Directories of a main repository that only this host has: what was done in it, and its work trees. */
const carriedDirectories = [logsDirectory, worktreesDirectory];

/**
 * Gives a new bare clone the old main repository's branches, stashes, tags, reflogs and work trees. Its objects were
 * carried before; a ref whose objects are lost goes back to the newest that is whole.
 * @returns the refs of which nothing whole is known: they stay in the old repository alone.
 */
export async function carryRefs(context: RecoveryContext, from: string, fresh: string): Promise<string[]> {
  const ofRemote = readTips({ gitDirectory: fresh, commonDirectory: fresh }).refs;
  const directories = { gitDirectory: from, commonDirectory: from };
  const tips = { ...readTips(directories, { allWorktrees: true }), head: undefined };
  const plan = await planCarriedRefs(context, { from, fresh, tips, ofRemote });
  for (const directoryOf of carriedDirectories)
    copySlotTree(directoryOf(from), directoryOf(fresh), { maxBytes: Infinity, keepsTimes: true });
  for (const [path, entries] of plan.reflogs)
    writeText(join(fresh, relative(from, path)), formatReflog(entries));
  const refs = new Map([...tips.refs].flatMap(([name, id]) => keepRef(name, id, plan)));
  addRefs(refs, ofRemote);
  addBranchesOfSlots(context, refs, fresh);
  writeRefs(fresh, refs);
  copySymbolicRefs(from, fresh, refs);
  const head = readHead(uncachedReader, from);
  if (head.kind === "branch" && refs.has(head.ref)) writeText(headPath(fresh), formatRefFile(head.ref));
  writeText(configPath(fresh), rebuildConfigOf(context, from, fresh));
  return [...tips.refs.keys()].filter((name) => !refs.has(name));
}

function planCarriedRefs(
  context: RecoveryContext,
  facts: {
    from: string;
    fresh: string;
    tips: RepositoryTips;
    ofRemote: ReadonlyMap<string, string>;
  },
): Promise<RewindPlan> {
  const { from, fresh, tips, ofRemote } = facts;
  return withRepairScratch(context, readRepositoryFormat(fresh), async (scratch) => {
    scratch.borrow(join(fresh, "objects"));
    const ids = [...new Set([...listTipIds(tips), ...ofRemote.values()])];
    return planRewind({
      tips,
      whole: await selectWhole(scratch, ids),
      remoteRefs: ofRemote,
      currentRef: undefined,
      headLogPath: reflogPath(from, "HEAD"),
      reflogPath: (ref) => findReflog(ref, from),
    });
  });
}

/** A bare repository keeps no reflog of its branches: the one of the work tree's HEAD speaks for its branch. */
function findReflog(ref: string, from: string): string {
  const own = reflogPath(from, ref);
  if (readEntry(own).kind === "file") return own;
  const taken = listCheckedOutBranches(uncachedReader, from).find((branch) => branch.ref === ref);
  return taken === undefined ? own : reflogPath(taken.admin, "HEAD");
}

function keepRef(name: string, objectId: string, { refs }: RewindPlan): [string, string][] {
  const kept = refs.has(name) ? refs.get(name) : objectId;
  return kept === undefined ? [] : [[name, kept]];
}

/** What is here wins; a name of the remote that is also a folder of one here, or below one, cannot be beside it. */
function addRefs(refs: Map<string, string>, ofRemote: ReadonlyMap<string, string>): void {
  for (const [name, id] of ofRemote) {
    const isInTheWay = [...refs.keys()].some(
      (other) => other === name || other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
    );
    if (!isInTheWay) refs.set(name, id);
  }
}

/** Without its branch a work tree has no HEAD; its files stay, and show as changes against the remote's own HEAD. */
function addBranchesOfSlots({ pool }: RecoveryContext, refs: Map<string, string>, fresh: string): void {
  const head = readHead(uncachedReader, fresh);
  const start = head.kind === "branch" ? refs.get(head.ref) : undefined;
  for (const { number, reading } of pool.slots) {
    const recorded = reading.kind === "valid" ? reading.record.currentBranch : undefined;
    const branch = recorded ?? `worktree/${pool.repoName}/slot${number}`;
    if (start !== undefined) addRefs(refs, new Map([[`refs/heads/${branch}`, start]]));
  }
}

function writeRefs(fresh: string, refs: ReadonlyMap<string, string>): void {
  rmSync(join(fresh, "refs"), { recursive: true });
  mkdirSync(join(fresh, "refs", "heads"), { recursive: true });
  mkdirSync(join(fresh, "refs", "tags"));
  writeText(packedRefsPath(fresh), formatPackedRefs(refs), { flush: true });
}

function copySymbolicRefs(from: string, fresh: string, refs: ReadonlyMap<string, string>): void {
  for (const name of listLooseRefs(uncachedReader, from)) {
    const ref = readLooseRef(uncachedReader, from, name);
    if (ref.kind !== "symbolic" || !refs.has(ref.target) || refs.has(name)) continue;
    writeText(join(fresh, name), formatRefFile(ref.target));
  }
}

/** Settings that say how the repository is read stay; whatever names a program does not come along. */
function rebuildConfigOf(context: RecoveryContext, from: string, fresh: string): string {
  return rebuildConfig({
    isBare: true,
    format: readRepositoryFormat(fresh),
    repoUrl: context.pool.repoUrl,
    trackedBranches: [],
    before: readGitConfig(from) ?? readKnownConfig(context),
  });
}
