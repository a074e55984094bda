import { mkdirSync, renameSync, rmSync } from "node:fs";
import { formatRefFile, headPath, readHead } from "../../git/refs/head.ts";
import { asError } from "../../platform/coded-error.ts";
import { isReallyInside } from "../../platform/contained-path.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";
import { quarantineBelowPool, replaceFile } from "./replace-file.ts";
import { findHeadTarget } from "./restore-head.ts";
import { findAdminDirectory, isOfOtherSlot, restoreLinks } from "./restore-links.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/**
 * Step 6 for a slot of a worktree pool whose own part is broken: the work tree and what the main repository keeps of it
 * go to quarantine whole, and are made again on the slot's branch. Killed on the way, it leaves a slot without a work tree,
 * which the next run makes again.
 */
export async function rebuildWorktree(context: RecoveryContext): Promise<ActionResult> {
  const { slot, pool } = context;
  const main = mainRepositoryPath(pool.directory);
  const admin = findAdminDirectory(slot, main);
  const isInside = [slot.path, admin].every((path) => isReallyInside(pool.directory, path));
  if (!isInside || isOfOtherSlot(admin, slot)) {
    return { outcome: "refused", reason: "unsafe_path", detail: `${admin} is not of this slot alone` };
  }
  const head = findHead(context, { gitDirectory: admin, commonDirectory: main });
  if (head === undefined) return { outcome: "no_effect", detail: "nothing proves what HEAD was" };
  const aside = [slot.path, admin].flatMap((path) => putAside(context, path));
  const built = await build(context, admin, head);
  if (built.outcome === "done") return { ...built, detail: `${built.detail}; the old one is in quarantine` };
  for (const { path, kept } of aside.toReversed()) {
    rmSync(path, { recursive: true, force: true });
    renameSync(kept, path);
  }
  return built;
}

async function build(context: RecoveryContext, admin: string, head: string): Promise<ActionResult> {
  try {
    mkdirSync(admin, { recursive: true });
    replaceFile(context, headPath(admin), formatRefFile(head));
    return await restoreLinks(context);
  } catch (error) {
    return { outcome: "failed", detail: asError(error).message };
  }
}

function findHead(
  context: RecoveryContext,
  directories: Parameters<typeof findHeadTarget>[1],
): string | undefined {
  const head = readHead(uncachedReader, directories.gitDirectory);
  if (head.kind === "detached") return head.commit;
  return head.kind === "branch" ? head.ref : findHeadTarget(context, directories);
}

function putAside(context: RecoveryContext, path: string): { path: string; kept: string }[] {
  if (readEntry(path).kind === "missing") return [];
  return [{ path, kept: moveToQuarantine(path, quarantineBelowPool(context)) }];
}
