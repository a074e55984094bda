import { join } from "node:path";
import { leaveLock } from "../damage.ts";
import { addNestedSubmodule, addSubmodule, type SlotPlace } from "../slot-place.ts";
import { fault, shared, type Fault, type FaultDetails } from "./fault.ts";

const lockFault = (name: string, path: (slot: SlotPlace) => string, details: FaultDetails = {}): Fault =>
  fault(
    `stale ${name}`,
    "git_lock_stale",
    (slot) => {
      leaveLock(path(slot));
    },
    details,
  );

export const lockFaults: readonly Fault[] = [
  lockFault("index.lock", (slot) => join(slot.gitDirectory, "index.lock")),
  lockFault("HEAD.lock", (slot) => join(slot.gitDirectory, "HEAD.lock")),
  lockFault("lock of the current branch", (slot) => join(slot.commonDirectory, `${slot.branch}.lock`)),
  lockFault(
    "lock of a remote-tracking ref",
    (slot) => join(slot.commonDirectory, "refs/remotes/origin/main.lock"),
    shared,
  ),
  lockFault("packed-refs.lock", (slot) => join(slot.commonDirectory, "packed-refs.lock"), shared),
  lockFault("config.lock", (slot) => join(slot.commonDirectory, "config.lock"), shared),
  lockFault("shallow.lock", (slot) => join(slot.commonDirectory, "shallow.lock"), shared),
  lockFault("gc.pid", (slot) => join(slot.commonDirectory, "gc.pid"), shared),
  lockFault("maintenance.lock", (slot) => join(slot.commonDirectory, "objects/maintenance.lock"), shared),
  lockFault(
    "commit-graph.lock",
    (slot) => join(slot.commonDirectory, "objects/info/commit-graph.lock"),
    shared,
  ),
  lockFault(
    "multi-pack-index.lock",
    (slot) => join(slot.commonDirectory, "objects/pack/multi-pack-index.lock"),
    shared,
  ),
  lockFault("lock of a stopped rebase's list", (slot) =>
    join(slot.gitDirectory, "rebase-merge/git-rebase-todo.lock"),
  ),
  lockFault("CHERRY_PICK_HEAD.lock", (slot) => join(slot.gitDirectory, "CHERRY_PICK_HEAD.lock")),
  lockFault("lock of HEAD's reflog", (slot) => join(slot.gitDirectory, "logs/HEAD.lock")),
  lockFault(
    "lock of a branch's reflog",
    (slot) => join(slot.commonDirectory, "logs/refs/heads/main.lock"),
    shared,
  ),
  lockFault("index.lock of a linked work tree", (slot) => {
    slot.run("worktree", "add", "-q", "--detach", ".wt/side");
    return join(slot.commonDirectory, "worktrees/side/index.lock");
  }),
  lockFault("index.lock of a submodule", (slot) => join(addSubmodule(slot), "index.lock")),
  lockFault("config.lock of a nested submodule", (slot) => join(addNestedSubmodule(slot), "config.lock")),
];
