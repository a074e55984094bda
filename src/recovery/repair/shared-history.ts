import { join } from "node:path";
import type { GitDirectories } from "../../git/git-directory.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { selectPresent } from "../../git/objects/missing-objects.ts";
import { readRepositoryFormat } from "../../git/config/repository-format.ts";
import { listTipIds, readTips } from "../../git/refs/tips.ts";
import { listSiblingRepositories } from "./sibling-objects.ts";
import { withRepairScratch } from "./repair-scratch.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

const mostIds = 100_000;

/**
 * False if a new clone has none of the commits that the slot and the slots beside it name: the URL leads to
 * another repository then, or its whole history was replaced, and which of both a person must say.
 */
export async function sharesHistory(context: RecoveryContext, gitDirectory: string): Promise<boolean> {
  const known = listKnownIds(context).slice(0, mostIds);
  if (known.length === 0) return true;
  return withRepairScratch(context, readRepositoryFormat(gitDirectory), async (scratch) => {
    scratch.borrow(join(gitDirectory, "objects"));
    return (await selectPresent(scratch, known)).size > 0;
  });
}

function listKnownIds(context: RecoveryContext): string[] {
  const tips = listRepositories(context).map((directories) => readTips(directories));
  return [...new Set(tips.flatMap(listTipIds))];
}

function listRepositories(context: RecoveryContext): GitDirectories[] {
  const { directories } = locateRepository(uncachedReader, context.slot, context.pool);
  const siblings = listSiblingRepositories(context);
  return [
    ...(directories === undefined ? [] : [directories]),
    ...siblings.map((directory) => ({ gitDirectory: directory, commonDirectory: directory })),
  ];
}
