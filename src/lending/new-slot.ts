import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeText } from "../platform/write-text.ts";
import { backlinkPath, commonLinkPath, formatLinks, type LinkStyle } from "../git/git-directory.ts";
import { indexPath } from "../git/index/staged-entries.ts";
import { formatRefFile, headPath } from "../git/refs/head.ts";
import { describeGitFailure, type GitResult } from "../git/run/git-command.ts";
import type { HeadTip } from "../git/refs/tips.ts";
import { withScratchCopy, type ScratchRepository } from "../git/scratch/scratch-repository.ts";
import { formatJson } from "../platform/atomic-file.ts";
import { formatPoolTime } from "../pool/records/local-time.ts";
import { formatSlotId } from "../pool/slot-id.ts";
import { SlotState } from "../pool/records/slot-record.ts";
import { findFilteredPaths } from "./filtered-paths.ts";
import type { LendingContext } from "./lending-context.ts";

export interface NewSlot {
  readonly repoName: string;
  readonly repoUrl: string;
  readonly number: number;
  /** Where the slot will be; it is made elsewhere, then moved. */
  readonly slotPath: string;
  readonly tip: HeadTip;
}

/** Writes the slot.json of a slot that nobody used yet. */
export function writeNewRecord(context: LendingContext, slot: NewSlot, path: string): void {
  const now = formatPoolTime(context.clock.now(), context.timeZone);
  mkdirSync(dirname(path), { recursive: true });
  const record = {
    slot_id: formatSlotId(slot.repoName, slot.number),
    repo_name: slot.repoName,
    repo_url: slot.repoUrl,
    slot_path: slot.slotPath,
    state: SlotState.AVAILABLE,
    allocation_count: 0,
    total_usage_seconds: 0,
    last_allocated_at: null,
    last_released_at: null,
    current_branch: slot.tip.ref?.replace("refs/heads/", "") ?? null,
    current_commit: slot.tip.commit ?? null,
    metadata: {},
    created_at: now,
    updated_at: now,
  };
  writeFileSync(path, formatJson(record), { flush: true });
}

/** A worktree is made by hand: `git worktree add` would believe the configuration of a repository that agents write. */
export interface NewWorktree {
  /** The main repository where it is now. */
  readonly mainRepository: string;
  /** Where the admin directory will be. */
  readonly adminPath: string;
  /** Where the work tree will be. */
  readonly slotPath: string;
  /** Full name of the new branch. */
  readonly ref: string;
  readonly commit: string;
  /** The sidecar's own empty directory, which gets `admin` and `tree`. */
  readonly staging: string;
  readonly timeoutSeconds: number;
  /** Without it, links are absolute. */
  readonly linkStyle?: LinkStyle;
}

/** Makes the admin directory and the work tree of a new slot beside the pool. @returns why it failed, else undefined. */
export async function buildWorktree(worktree: NewWorktree): Promise<string | undefined> {
  const { staging, mainRepository: main } = worktree;
  const [admin, tree] = [join(staging, "admin"), join(staging, "tree")];
  mkdirSync(admin);
  mkdirSync(tree);
  const directories = { gitDirectory: main, commonDirectory: main };
  const failure = await withScratchCopy(
    directories,
    async (scratch) => {
      const checkout = await checkOut(scratch, worktree.commit);
      if (checkout !== undefined) return describeGitFailure(checkout);
      scratch.installIndex(indexPath(admin), staging);
      return undefined;
    },
    { parent: staging, workTree: tree, timeoutSeconds: worktree.timeoutSeconds },
  );
  if (failure !== undefined) return failure;
  const links = formatLinks(
    { gitFile: join(worktree.slotPath, ".git"), admin: worktree.adminPath },
    worktree.linkStyle,
  );
  writeText(headPath(admin), formatRefFile(worktree.ref), { flush: true });
  writeFileSync(commonLinkPath(admin), links.commonLink, { flush: true });
  writeFileSync(backlinkPath(admin), links.backlink, { flush: true });
  writeFileSync(join(tree, ".git"), links.gitFile, { flush: true });
  return undefined;
}

async function checkOut(
  scratch: ScratchRepository,
  commit: string,
): Promise<Exclude<GitResult, { kind: "done" }> | undefined> {
  const read = await scratch.run(["read-tree", "--reset", commit]);
  if (read.kind !== "done") return read;
  const filtered = await findFilteredPaths(scratch);
  if ("kind" in filtered) return filtered;
  const { settings } = filtered;
  const written = await scratch.run(["checkout-index", "--all", "--index"], { settings });
  return written.kind === "done" ? undefined : written;
}
