import { join } from "node:path";
import { readHeadTip } from "../../git/refs/tips.ts";
import { isShallow } from "../../git/refs/shallow.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { copyBelow } from "../../git/objects/copy-objects.ts";
import { areWhole, selectPresent, setTips } from "../../git/objects/missing-objects.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { readTips } from "../../git/refs/tips.ts";
import { readShallowEnds, setShallowEnds } from "../../git/refs/shallow-ends.ts";
import { listSiblingRepositories } from "./sibling-objects.ts";
import type { ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import { withRepairScratch } from "./repair-scratch.ts";

const mostSiblings = 3;

/**
 * Gives a scratch repository the remote's history from another slot of the pool, so that a clone fetches only the rest. The
 * objects are copied and verified by their hashes: no file is shared with the other slot. Undefined if no other slot is
 * whole, or if its clone is shallow or partial.
 */
export async function withSiblingHistory<T>(
  context: RecoveryContext,
  use: (reference: string | undefined) => Promise<T>,
): Promise<T> {
  const siblings = listSiblingRepositories(context).filter((directory) => !isShallow(directory));
  for (const directory of siblings.slice(0, mostSiblings)) {
    const format = readRepositoryFormat(directory);
    if (format.isPartial) continue;
    const used = await withRepairScratch(context, format, async (scratch) => {
      const tips = await copyRemoteHistory(context, directory, scratch);
      if (tips.length === 0 || !(await areWhole(scratch, tips))) return undefined;
      setTips(scratch, tips);
      return { result: await use(scratch.directory) };
    });
    if (used !== undefined) return used.result;
  }
  return use(undefined);
}

function copyRemoteHistory(
  context: RecoveryContext,
  directory: string,
  scratch: ScratchRepository,
): Promise<string[]> {
  return withRepairScratch(context, scratch.format, async (source) => {
    source.borrow(join(directory, "objects"));
    const { refs } = readTips({ gitDirectory: directory, commonDirectory: directory });
    const remote = [...refs].filter(([name]) => name.startsWith("refs/remotes/origin/"));
    const wanted = [...(await selectPresent(source, [...new Set(remote.map(([, id]) => id))]))];
    if (wanted.length === 0) return [];
    return (await copyBelow(source, { wanted, without: [] }, scratch)) ? wanted : [];
  });
}

/** How many commits a shallow sibling holds; undefined if none can tell. */
export async function measureSiblingDepth(context: RecoveryContext): Promise<number | undefined> {
  for (const directory of listSiblingRepositories(context).filter(isShallow).slice(0, mostSiblings)) {
    const depth = await countCommits(context, directory);
    if (depth !== undefined && depth > 0) return depth;
  }
  return undefined;
}

function countCommits(context: RecoveryContext, directory: string): Promise<number | undefined> {
  const { commit } = readHeadTip(directory);
  if (commit === undefined) return Promise.resolve(undefined);
  return withRepairScratch(context, readRepositoryFormat(directory), async (scratch) => {
    scratch.borrow(join(directory, "objects"));
    setShallowEnds(scratch, await readShallowEnds(scratch, directory, { tipIds: [commit], copy: undefined }));
    const counted = await scratch.run(["rev-list", "--count", "--first-parent", commit]);
    return counted.kind === "done" ? Number.parseInt(counted.stdout, 10) : undefined;
  });
}
