import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  backlinkPath,
  commonLinkPath,
  formatLinks,
  readGitFile,
  type GitDirectories,
} from "../../git/git-directory.ts";
import { formatRefFile, headPath } from "../../git/refs/head.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { saveWork } from "../../salvage/save/save-work.ts";
import {
  refuseUnsaved,
  salvageOf,
  type ActionResult,
  type RecoveryContext,
} from "../execute/recovery-context.ts";
import { findLinkStyle } from "../repair/link-style.ts";
import { rebuildIndex } from "./rebuild-index.ts";
import { replaceFile } from "./replace-file.ts";
import { findCopiedTarget } from "./restore-head.ts";

/**
 * Registers a work tree again whose registration is gone, at the HEAD that our copy tells, with the index of that HEAD. Its
 * files are saved first, and stay. The link back is written last: until then git takes it for no work tree.
 */
export async function restoreRegistration(
  context: RecoveryContext,
  directories: GitDirectories,
): Promise<ActionResult> {
  const { gitDirectory: admin } = directories;
  const other = findOtherClaimant(context, admin);
  if (other !== undefined)
    return { outcome: "refused", reason: "unsafe_path", detail: `${other} names ${admin} as well` };
  const head = findCopiedTarget(context, directories);
  if (head === undefined) {
    const detail = `${admin} is gone, and nothing proves what HEAD was there: \`salvage save\` saves the files`;
    return { outcome: "no_effect", detail };
  }
  const saved = await saveWork(context, "restore_links");
  if (saved.kind === "incomplete") return refuseUnsaved(saved);
  return { ...(await register(context, directories, head)), ...salvageOf(saved) };
}

/** A copy of a work tree names the same registration: nothing tells which of them it was. */
function findOtherClaimant({ pool, slot }: RecoveryContext, admin: string): string | undefined {
  const others = pool.slots.filter(({ slotId }) => slotId !== slot.slotId);
  return others.find(({ path }) => readGitFile(uncachedReader, join(path, ".git")) === admin)?.path;
}

async function register(
  context: RecoveryContext,
  { gitDirectory: admin }: GitDirectories,
  head: string,
): Promise<ActionResult> {
  const links = formatLinks({ gitFile: join(context.slot.path, ".git"), admin }, findLinkStyle(context));
  mkdirSync(dirname(admin), { recursive: true });
  mkdirSync(admin);
  replaceFile(context, commonLinkPath(admin), links.commonLink);
  replaceFile(context, headPath(admin), formatRefFile(head));
  const index = await rebuildIndex(context);
  if (index.outcome !== "done") {
    // Nothing was there before, and nothing of it is anybody else's.
    rmSync(admin, { recursive: true });
    return { outcome: "no_effect", detail: `${head}, where HEAD was, cannot be read: ${index.detail}` };
  }
  replaceFile(context, backlinkPath(admin), links.backlink);
  return { outcome: "done", detail: `registered ${context.slot.path} as ${admin}, at ${head}` };
}
