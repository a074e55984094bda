import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { readHead } from "../../git/refs/head.ts";
import { reflogPath } from "../../git/refs/reflog.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { listMissing, selectWhole } from "../../git/objects/missing-objects.ts";
import { findObjectDamage, type ObjectDamage } from "../../git/objects/object-damage.ts";
import { planRewind, type RewindPlan } from "../../git/refs/plan-rewind.ts";
import { copyFromRemote, type Loss } from "./remote-objects.ts";
import { readIndex } from "../../git/index/index-file.ts";
import { resetLostEntries } from "../../git/index/lost-entries.ts";
import { indexPath } from "../../git/index/staged-entries.ts";
import { listTipIds, readTips, reflogOfTip, type RepositoryTips } from "../../git/refs/tips.ts";
import { rescueFromPacks } from "../../git/packs/rescue-pack.ts";
import { rewriteObjects } from "../../git/objects/rewrite-objects.ts";
import { readShallowEnds, setShallowEnds, type ShallowEnds } from "../../git/refs/shallow-ends.ts";
import { copyFromSiblings } from "./sibling-objects.ts";
import { borrowSoundObjects } from "../../git/objects/sound-view.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { readSharedFiles } from "./restore-config.ts";

/** What makes a repository whole: the objects are in the scratch repository, the rest is still to be written. */
export interface Completion {
  readonly damage: ObjectDamage;
  readonly shallow: ShallowEnds;
  /** Undefined if nothing is lost. */
  readonly rewind: RewindPlan | undefined;
  readonly lostEntryCount: number;
}

/**
 * Gathers in the scratch repository every object that the repository lacks, the nearest source first. Changes nothing
 * outside it. `detail` if the remote could not be asked for what is nowhere else: it may have it, so nothing is given up.
 */
export async function completeObjects(
  context: RecoveryContext,
  scratch: ScratchRepository,
  directories: GitDirectories,
): Promise<Completion | { readonly detail: string }> {
  const objects = join(directories.commonDirectory, "objects");
  const damage = await findObjectDamage(scratch, objects);
  borrowSoundObjects(scratch, objects, damage);
  const tips = readTips(directories);
  const tipIds = listTipIds(tips);
  await rescueFromPacks(damage.packs, scratch);
  const shallow = await readShallowEnds(scratch, directories.commonDirectory, {
    tipIds,
    copy: readSharedFiles(context)?.get("shallow")?.toString("latin1"),
  });
  setShallowEnds(scratch, shallow);
  const { gitDirectory } = directories;
  if (readIndex(uncachedReader, indexPath(gitDirectory), scratch.format.idBytes).kind === "valid")
    scratch.copyIndex(indexPath(gitDirectory));
  await completeFromWorkTree(context, scratch, tipIds);
  const gathered = await completeFromOthers(context, scratch, { tips, tipIds, shallow });
  if ("detail" in gathered) return gathered;
  const rewind = await findRewind(scratch, directories, { tips, tipIds, remoteRefs: gathered.remoteRefs });
  if (rewind?.losesHead === true) return { detail: "no commit that HEAD could lead to is whole" };
  const head = readHead(uncachedReader, directories.gitDirectory);
  const headRef = head.kind === "branch" ? head.ref : undefined;
  const headCommit =
    headRef === undefined
      ? (rewind?.head ?? tips.head)
      : (rewind?.refs.get(headRef) ?? tips.refs.get(headRef));
  const lostEntryCount = await resetLostEntries(scratch, headCommit);
  // An index caches the ids of trees that it wrote. If those are lost, fsck reports them until they are written again.
  if (rewind !== undefined || lostEntryCount > 0) await scratch.run(["write-tree"]);
  return { damage, shallow, rewind, lostEntryCount };
}

/** A tree that was made again may show that its files are lost too: a few rounds are enough for what an index holds. */
const mostRounds = 4;

async function completeFromWorkTree(
  { slot }: RecoveryContext,
  scratch: ScratchRepository,
  tipIds: readonly string[],
): Promise<void> {
  let before = -1;
  for (let round = 0; round < mostRounds; round++) {
    const missing = await listMissing(scratch, tipIds);
    if (missing.length === 0 || missing.length === before) return;
    before = missing.length;
    await rewriteObjects(scratch, missing, slot.path);
  }
}

async function completeFromOthers(
  context: RecoveryContext,
  scratch: ScratchRepository,
  { tips, tipIds, shallow }: { tips: RepositoryTips; tipIds: readonly string[]; shallow: ShallowEnds },
): Promise<{ remoteRefs: ReadonlyMap<string, string> } | { detail: string }> {
  const atHome = await measureLoss(scratch, { tips, tipIds, shallow });
  if (atHome.missing.length > 0) await copyFromSiblings(context, scratch, atHome);
  const loss = await measureLoss(scratch, { tips, tipIds, shallow });
  if (loss.missing.length === 0) return { remoteRefs: new Map() };
  const copied = await copyFromRemote(context, scratch, loss);
  return copied.kind === "asked"
    ? copied
    : { detail: `objects are missing, and the remote has not given them: ${copied.detail}` };
}

async function measureLoss(
  scratch: ScratchRepository,
  { tips, tipIds, shallow }: { tips: RepositoryTips; tipIds: readonly string[]; shallow: ShallowEnds },
): Promise<Loss> {
  const missing = await listMissing(scratch, tipIds);
  if (missing.length === 0) return { missing, known: [], whole: [], shallow: [] };
  const whole = await selectWhole(scratch, tipIds);
  const remoteIds = [...tips.refs].filter(([name]) => name.startsWith("refs/remotes/")).map(([, id]) => id);
  const known = remoteIds.length > 0 ? remoteIds : tipIds;
  return { missing, known, whole: [...whole], shallow: shallow.commits };
}

async function findRewind(
  scratch: ScratchRepository,
  directories: GitDirectories,
  facts: { tips: RepositoryTips; tipIds: readonly string[]; remoteRefs: ReadonlyMap<string, string> },
): Promise<RewindPlan | undefined> {
  const { tips, tipIds, remoteRefs } = facts;
  const whole = await selectWhole(scratch, [...new Set([...tipIds, ...remoteRefs.values()])]);
  if (tipIds.every((id) => whole.has(id))) return undefined;
  const head = readHead(uncachedReader, directories.gitDirectory);
  return planRewind({
    tips,
    whole,
    remoteRefs,
    currentRef: head.kind === "branch" ? head.ref : undefined,
    headLogPath: reflogPath(directories.gitDirectory, "HEAD"),
    reflogPath: (ref) => reflogOfTip(directories, ref),
  });
}
