import { relative } from "node:path";
import { configPath } from "../../git/config/git-config.ts";
import { commonLinkPath, type GitDirectories } from "../../git/git-directory.ts";
import { isObjectId } from "../../git/objects/object-id.ts";
import { headPath, readHead } from "../../git/refs/head.ts";
import { readReflog, reflogPath } from "../../git/refs/reflog.ts";
import { locateSubmodules, type SubmodulePlace } from "../../inspection/probe/locate-submodules.ts";
import { hasStrayCommonLink } from "../../inspection/probe/submodules.ts";
import { probeRepository } from "../../inspection/probe/repository-probe.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";
import { moveAside, replaceFile } from "../steps/replace-file.ts";
import { editConfig } from "./restore-config.ts";

/**
 * Repairs in place what is wrong with the links of submodules: a core.worktree or a `commondir` that leads elsewhere, a lost
 * HEAD, and a repository whose first clone was cut off, which goes to quarantine so that `git submodule update` clones it again.
 * @returns what was done.
 */
export async function restoreSubmodules(
  context: RecoveryContext,
  { gitDirectory }: GitDirectories,
): Promise<string[]> {
  if (!context.reasons.includes("submodule_corrupt")) return [];
  const done: string[] = [];
  for (const place of locateSubmodules(uncachedReader, gitDirectory, context.slot.path)) {
    const { repository } = place;
    if (repository === undefined || repository === place.link) continue;
    done.push(...(await restoreSubmodule(context, place, repository)));
  }
  return done;
}

async function restoreSubmodule(
  context: RecoveryContext,
  place: SubmodulePlace,
  repository: string,
): Promise<string[]> {
  const { path: root } = context.slot;
  if (hasStrayCommonLink(uncachedReader, repository)) {
    const link = commonLinkPath(repository);
    moveAside(context, link);
    return [`moved aside ${link}`];
  }
  const directories = { gitDirectory: repository, commonDirectory: repository };
  const probe = probeRepository(uncachedReader, directories, {
    workTree: place.workTree,
    root,
    isSubmodule: true,
  });
  const isLost =
    ["missing", "invalid"].includes(readHead(uncachedReader, repository).kind) ||
    probe.findings.some(({ code }) => code === "head_branch_unborn");
  const lost = isLost ? restoreLostHead(context, repository) : undefined;
  if (lost !== undefined) return [lost];
  if (place.isRecorded && !probe.hasCommit) {
    moveAside(context, repository);
    if (place.isLinked) moveAside(context, place.link);
    return [`moved aside ${repository}, which has no commit`];
  }
  if (!place.isLinked || !probe.findings.some(({ code }) => code === "config_unsafe")) return [];
  const edit = ["--replace-all", "core.worktree", relative(repository, place.workTree)];
  const edited = await editConfig(context, configPath(repository), [edit]);
  return edited === undefined ? [] : [edited];
}

/** A submodule has the commit that is recorded, on no branch. */
function restoreLostHead(context: RecoveryContext, repository: string): string | undefined {
  const last = readReflog(uncachedReader, reflogPath(repository, "HEAD")).at(-1)?.newId;
  if (last === undefined || !isObjectId(last)) return undefined;
  return replaceFile(context, headPath(repository), `${last}\n`);
}
