import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ageTree } from "../age-tree.ts";
import { overwrite } from "../damage.ts";
import { git } from "../real-pool.ts";
import type { SlotPlace } from "../slot-place.ts";
import { empty, fault, type Fault } from "./fault.ts";

export const linkFaults: readonly Fault[] = [
  fault(".git file missing", "worktree_link_missing", (slot) => {
    rmSync(join(slot.path, ".git"));
  }),
  fault(".git file empty", "worktree_link_invalid", (slot) => {
    overwrite(join(slot.path, ".git"), empty);
  }),
  fault(".git file to nowhere", "worktree_link_invalid", (slot) => {
    overwrite(join(slot.path, ".git"), "gitdir: /nowhere\n");
  }),
  fault("links lead where the pool was before", "worktree_link_invalid", (slot) => {
    const before = (path: string): string => path.replace(slot.pool.root, "/where/the/pool/was");
    overwrite(join(slot.path, ".git"), `gitdir: ${before(slot.gitDirectory)}\n`);
    overwrite(join(slot.gitDirectory, "gitdir"), `${before(join(slot.path, ".git"))}\n`);
  }),
  fault("admin directory pruned", "worktree_admin_missing", (slot) => {
    rmSync(slot.gitDirectory, { recursive: true });
  }),
  fault("backlink to elsewhere", "worktree_backlink_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "gitdir"), "/nowhere/.git\n");
  }),
  fault("backlink missing", "worktree_backlink_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "gitdir"));
  }),
  fault("commondir missing", "worktree_commondir_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "commondir"));
  }),
  fault("two slots on one admin directory", "slot_shared", (slot) => {
    overwrite(join(slot.path, ".git"), readFileSync(join(slot.pool.slotPath(3), ".git")));
  }),
].map((one) => ({ ...one, layouts: ["worktree" as const] }));

/** Makes a work tree out of the slot, as an agent does: inside of one of a worktree pool. @returns its git directory. */
function addOwnWorktree(slot: SlotPlace): string {
  const parent = slot.pool.layout === "clone" ? slot.pool.root : slot.path;
  slot.run("worktree", "add", "-q", join(parent, "beside"), "-b", "beside");
  return join(slot.commonDirectory, "worktrees", "beside");
}

/** Git's fetch, gc or fsck of the repository ends with each. */
export const ownWorktreeFaults: readonly Fault[] = [
  fault("HEAD of an agent's own work tree empty", "git_invalid", (slot) => {
    overwrite(join(addOwnWorktree(slot), "HEAD"), empty);
  }),
  fault("commondir of an agent's own work tree empty", "git_invalid", (slot) => {
    overwrite(join(addOwnWorktree(slot), "commondir"), empty);
  }),
  fault("HEAD of an agent's own work tree on a commit that is gone", "git_invalid", (slot) => {
    overwrite(join(addOwnWorktree(slot), "HEAD"), `${"1".repeat(40)}\n`);
  }),
  fault("HEAD of an agent's own work tree on a commit whose tree is gone", "git_invalid", (slot) => {
    const admin = addOwnWorktree(slot);
    const tree = readFileSync(join(admin, "gitdir"), "utf8")
      .trim()
      .replace(/\/\.git$/, "");
    git(tree, "checkout", "-q", "--detach");
    writeFileSync(join(tree, "beside.txt"), "beside\n");
    git(tree, "add", "beside.txt");
    git(tree, "commit", "-q", "-m", "beside");
    rmSync(slot.objectPath(git(tree, "rev-parse", "HEAD^{tree}")));
  }),
  fault("index of an agent's own work tree cut off", "index_corrupt", (slot) => {
    const index = join(addOwnWorktree(slot), "index");
    truncateSync(index, statSync(index).size - 10);
  }),
  fault("an agent's own work tree was never made to its end", "git_invalid", (slot) => {
    const admin = addOwnWorktree(slot);
    rmSync(join(admin, "logs"), { recursive: true });
    rmSync(join(admin, "index"));
    overwrite(join(admin, "HEAD"), `${"0".repeat(40)}\n`);
    writeFileSync(join(admin, "locked"), "initializing");
    ageTree(admin, 1);
  }),
];
