import { isRefName, parseHead, readHead, type Head } from "../../git/refs/head.ts";
import { readLooseRef } from "../../git/refs/refs.ts";
import type { KnownGoodFiles } from "../../inspection/memory/known-good.ts";
import { locateRepository, type PoolPlace } from "../../inspection/probe/worktree-links.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** Short names of branches on which a new clone may begin, the likeliest first. */
export interface KnownBranches {
  /** Chosen before the branch that the remote's HEAD names. */
  readonly preferred: readonly string[];
  /** Chosen if the remote's HEAD names none that is there. */
  readonly otherwise: readonly string[];
}

/** What is usual if nothing is known. */
const usualBranches = ["main", "master"];

export const noKnownBranches: KnownBranches = { preferred: [], otherwise: usualBranches };

/**
 * The branch on which a slot was, by its own HEAD, our copy of it or its record, and that which it and the slots beside it
 * took for the remote's own when they were cloned. Without a slot, for a new one.
 */
export function findKnownBranches(
  pool: Pick<Pool, "directory" | "slots">,
  slot?: Slot,
  copy?: KnownGoodFiles,
): KnownBranches {
  const siblings = pool.slots.filter(({ slotId }) => slotId !== slot?.slotId);
  const own = slot === undefined ? [] : [...branchesOf(slot, pool, copy), recordedBranch(slot)];
  const asCloned = [...(slot === undefined ? [] : [slot]), ...siblings].map((each) =>
    readRemoteHead(each, pool),
  );
  return {
    preferred: selectNames([...own, ...asCloned]),
    otherwise: [...selectNames(siblings.map(recordedBranch)), ...usualBranches],
  };
}

/** The same of a repository without work tree. */
export function findBranchesOfBare(gitDirectory: string, copy: KnownGoodFiles | undefined): KnownBranches {
  return {
    ...noKnownBranches,
    preferred: selectNames([branchOf(readHead(uncachedReader, gitDirectory)), branchOf(parseCopy(copy))]),
  };
}

function branchesOf(slot: Slot, pool: PoolPlace, copy: KnownGoodFiles | undefined): (string | undefined)[] {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  const head =
    directories === undefined ? undefined : branchOf(readHead(uncachedReader, directories.gitDirectory));
  return [head, branchOf(parseCopy(copy))];
}

function parseCopy(copy: KnownGoodFiles | undefined): Head | undefined {
  const content = copy?.get("HEAD");
  return content === undefined ? undefined : parseHead(content);
}

function branchOf(head: Head | undefined): string | undefined {
  return head?.kind === "branch" ? /^refs\/heads\/(.+)$/s.exec(head.ref)?.[1] : undefined;
}

function recordedBranch({ reading }: Slot): string | undefined {
  return reading.kind === "valid" ? reading.record.currentBranch : undefined;
}

function readRemoteHead(slot: Slot, pool: PoolPlace): string | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return undefined;
  const ref = readLooseRef(uncachedReader, directories.commonDirectory, "refs/remotes/origin/HEAD");
  return ref.kind === "symbolic" ? /^refs\/remotes\/origin\/(.+)$/s.exec(ref.target)?.[1] : undefined;
}

function selectNames(names: readonly (string | undefined)[]): string[] {
  const known = names.filter((name) => name !== undefined);
  return [...new Set(known)].filter((name) => !name.startsWith("-") && isRefName(`refs/heads/${name}`));
}
