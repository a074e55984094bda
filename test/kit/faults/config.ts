import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { overwrite, replaceByFifo } from "../damage.ts";
import { git } from "../real-pool.ts";
import type { SlotPlace } from "../slot-place.ts";
import { empty, fault, inClones, inWorktrees, shared, type Fault } from "./fault.ts";

/** As `git config --worktree` does it, which moves `core.bare` of a main repository to settings of its own. */
function giveOwnSettings(slot: SlotPlace, text: string): void {
  git(slot.commonDirectory, "config", "extensions.worktreeConfig", "true");
  if (slot.gitDirectory !== slot.commonDirectory) {
    git(slot.commonDirectory, "config", "--unset", "core.bare");
    overwrite(join(slot.commonDirectory, "config.worktree"), "[core]\n\tbare = true\n");
  }
  overwrite(join(slot.gitDirectory, "config.worktree"), text);
}

export const configFaults: readonly Fault[] = [
  fault(
    "config garbage",
    "config_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "config"), "[core\n\0");
    },
    shared,
  ),
  fault(
    "config empty",
    "config_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "config"), empty);
    },
    shared,
  ),
  fault(
    "config missing",
    "config_missing",
    (slot) => {
      rmSync(join(slot.commonDirectory, "config"));
    },
    shared,
  ),
  fault(
    "config of repository format 9",
    "config_invalid",
    (slot) => {
      slot.run("config", "core.repositoryformatversion", "9");
    },
    shared,
  ),
  fault(
    "core.bare true",
    "config_invalid",
    (slot) => {
      slot.run("config", "core.bare", "true");
    },
    inClones,
  ),
  fault(
    "core.bare no boolean",
    "config_invalid",
    (slot) => {
      slot.run("config", "core.bare", "perhaps");
    },
    inClones,
  ),
  fault(
    "core.worktree elsewhere",
    "config_unsafe",
    (slot) => {
      slot.run("config", "core.worktree", "/nowhere");
    },
    inClones,
  ),
  fault(
    "config includes a file that git cannot parse",
    "config_invalid",
    (slot) => {
      slot.run("config", "include.path", "more");
      overwrite(join(slot.commonDirectory, "more"), "[broken\n");
    },
    shared,
  ),
  fault(
    "config includes itself through another file, twice",
    "config_invalid",
    (slot) => {
      appendFileSync(join(slot.commonDirectory, "config"), "[include]\n\tpath = more\n\tpath = more\n");
      overwrite(join(slot.commonDirectory, "more"), "[include]\n\tpath = config\n\tpath = config\n");
    },
    shared,
  ),
  fault(
    "config includes a file without a name",
    "config_invalid",
    (slot) => {
      slot.run("config", "include.path", "");
    },
    shared,
  ),
  fault(
    "config with a value that git refuses",
    "config_invalid",
    (slot) => {
      appendFileSync(
        join(slot.commonDirectory, "config"),
        "[core]\n\tfilemode = trua\n[user]\n\tname = kept\n",
      );
    },
    { ...shared, depth: "plumbing" },
  ),
  fault(
    "config.worktree with a value that git refuses",
    "config_invalid",
    (slot) => {
      giveOwnSettings(slot, "[core]\n\tabbrev = many\n");
    },
    { depth: "plumbing" },
  ),
  fault(
    "core.bare of the main repository no boolean",
    "config_invalid",
    (slot) => {
      git(slot.commonDirectory, "config", "core.bare", "perhaps");
    },
    { ...inWorktrees, ...shared },
  ),
  fault("config.worktree says that the work tree is bare", "config_invalid", (slot) => {
    giveOwnSettings(slot, "[core]\n\tbare = true\n");
  }),
  fault("config.worktree names another work tree", "config_unsafe", (slot) => {
    giveOwnSettings(slot, "[core]\n\tworktree = /nowhere\n");
  }),
  fault("config.worktree that git cannot parse", "config_invalid", (slot) => {
    giveOwnSettings(slot, "[broken\n");
  }),
  fault(
    "remote URL changed",
    "remote_changed",
    (slot) => {
      slot.run("remote", "set-url", "origin", "/nowhere");
    },
    inClones,
  ),
  fault(
    "remote removed",
    "remote_changed",
    (slot) => {
      slot.run("remote", "remove", "origin");
    },
    inClones,
  ),
  fault(
    ".git removed",
    "git_missing",
    (slot) => {
      rmSync(slot.commonDirectory, { recursive: true });
    },
    shared,
  ),
  fault(
    ".git leads out of the pool",
    "git_invalid",
    (slot) => {
      renameSync(slot.commonDirectory, join(slot.pool.root, "moved.git"));
      symlinkSync(join(slot.pool.root, "moved.git"), slot.commonDirectory);
    },
    shared,
  ),
  fault(
    "commit-graph is a FIFO",
    "commit_graph_corrupt",
    (slot) => {
      replaceByFifo(join(slot.commonDirectory, "objects", "info", "commit-graph"));
    },
    shared,
  ),
  fault("HEAD's reflog is a FIFO", "git_invalid", (slot) => {
    replaceByFifo(join(slot.gitDirectory, "logs", "HEAD"));
  }),
  fault("HEAD's reflog is a directory", "git_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "logs", "HEAD"));
    mkdirSync(join(slot.gitDirectory, "logs", "HEAD"));
  }),
  fault("FETCH_HEAD is a FIFO", "git_invalid", (slot) => {
    replaceByFifo(join(slot.gitDirectory, "FETCH_HEAD"));
  }),
  fault("COMMIT_EDITMSG is a link to a place that is not there", "git_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "COMMIT_EDITMSG"), { force: true });
    symlinkSync("/nonexistent/message", join(slot.gitDirectory, "COMMIT_EDITMSG"));
  }),
  fault("MERGE_HEAD names no object", "git_invalid", (slot) => {
    writeFileSync(join(slot.gitDirectory, "MERGE_HEAD"), "\n");
  }),
  fault("ORIG_HEAD is empty", "git_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "ORIG_HEAD"), empty);
  }),
  fault("CHERRY_PICK_HEAD was not written to its end", "git_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "CHERRY_PICK_HEAD"), "0123456789abcdef");
  }),
  fault("MERGE_HEAD is a link to nothing", "git_invalid", (slot) => {
    symlinkSync("nothing", join(slot.gitDirectory, "MERGE_HEAD"));
  }),
  fault("COMMIT_EDITMSG is a link to itself", "git_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "COMMIT_EDITMSG"), { force: true });
    symlinkSync("COMMIT_EDITMSG", join(slot.gitDirectory, "COMMIT_EDITMSG"));
  }),
  fault(
    "a folder of reflogs is a file",
    "git_invalid",
    (slot) => {
      rmSync(join(slot.gitDirectory, "logs", "refs"), { recursive: true });
      overwrite(join(slot.gitDirectory, "logs", "refs"), empty);
    },
    inClones,
  ),
  fault(
    "the directory of reflogs is a file",
    "git_invalid",
    (slot) => {
      rmSync(join(slot.gitDirectory, "logs"), { recursive: true });
      overwrite(join(slot.gitDirectory, "logs"), empty);
    },
    inClones,
  ),
  fault(
    ".git is another slot's",
    "slot_shared",
    (slot) => {
      rmSync(slot.commonDirectory, { recursive: true });
      overwrite(join(slot.path, ".git"), `gitdir: ${join(slot.pool.slotPath(3), ".git")}\n`);
    },
    inClones,
  ),
];
