import { appendFileSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { overwrite } from "../damage.ts";
import { absentId, empty, fault, garbage, inClones, shared, type Fault } from "./fault.ts";

export const headFaults: readonly Fault[] = [
  fault("HEAD missing", "head_missing", (slot) => {
    rmSync(join(slot.gitDirectory, "HEAD"));
  }),
  fault("HEAD empty", "head_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "HEAD"), empty);
  }),
  fault("HEAD garbage", "head_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "HEAD"), garbage);
  }),
  fault("HEAD leads out of the pool", "head_invalid", (slot) => {
    rmSync(join(slot.gitDirectory, "HEAD"));
    symlinkSync("/etc/hostname", join(slot.gitDirectory, "HEAD"));
  }),
  fault("HEAD on a missing branch", "head_branch_missing", (slot) => {
    overwrite(join(slot.gitDirectory, "HEAD"), "ref: refs/heads/nope\n");
  }),
  fault("current branch lost, its reflog there", "head_branch_missing", (slot) => {
    slot.run("update-ref", "-m", "noted", "--create-reflog", slot.branch, "HEAD");
    rmSync(join(slot.commonDirectory, slot.branch));
  }),
  fault(
    "packed current branch lost, its reflog there",
    "head_branch_missing",
    (slot) => {
      slot.run("pack-refs", "--all");
      rmSync(join(slot.commonDirectory, "packed-refs"));
    },
    inClones,
  ),
  fault("current branch empty", "ref_invalid", (slot) => {
    overwrite(join(slot.commonDirectory, slot.branch), empty);
  }),
  fault("current branch of NUL bytes", "ref_invalid", (slot) => {
    overwrite(join(slot.commonDirectory, slot.branch), Buffer.alloc(41));
  }),
  fault("current branch points to itself", "ref_invalid", (slot) => {
    overwrite(join(slot.commonDirectory, slot.branch), `ref: ${slot.branch}\n`);
  }),
  fault("current branch points to nothing", "ref_target_missing", (slot) => {
    overwrite(join(slot.commonDirectory, slot.branch), `${absentId}\n`);
  }),
  fault("detached HEAD points to nothing", "ref_target_missing", (slot) => {
    overwrite(join(slot.gitDirectory, "HEAD"), `${absentId}\n`);
  }),
];

export const refFaults: readonly Fault[] = [
  fault(
    "another branch empty",
    "ref_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "refs", "heads", "other"), empty);
    },
    shared,
  ),
  fault(
    "another branch points to nothing",
    "ref_target_missing",
    (slot) => {
      overwrite(join(slot.commonDirectory, "refs", "heads", "other"), `${absentId}\n`);
    },
    shared,
  ),
  fault(
    "two branches point to each other",
    "ref_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "refs", "heads", "one"), "ref: refs/heads/two\n");
      overwrite(join(slot.commonDirectory, "refs", "heads", "two"), "ref: refs/heads/one\n");
    },
    shared,
  ),
  fault(
    "a symbolic branch that leads to none",
    "ref_target_missing",
    (slot) => {
      slot.run("symbolic-ref", "refs/heads/alias", "refs/heads/none");
    },
    shared,
  ),
  fault(
    "origin/HEAD leads to a ref that was lost, its reflog there",
    "ref_target_missing",
    (slot) => {
      rmSync(join(slot.commonDirectory, "refs", "remotes", "origin", "main"));
      const packed = join(slot.commonDirectory, "packed-refs");
      const lines = readFileSync(packed, "utf8").split(/(?<=\n)/);
      overwrite(packed, lines.filter((line) => !line.endsWith("refs/remotes/origin/main\n")).join(""));
    },
    inClones,
  ),
  fault(
    "origin/HEAD was written over with another name",
    "ref_target_missing",
    (slot) => {
      const name = join("refs", "remotes", "origin", "HEAD");
      overwrite(join(slot.commonDirectory, name), "ref: refs/remotes/origin/mbin\n");
      // As if git had written the ref long before: what is written in the same seconds is taken for git's.
      const log = join(slot.commonDirectory, "logs", name);
      overwrite(log, readFileSync(log, "utf8").replace(/ \d{10} /g, " 1700000000 "));
    },
    inClones,
  ),
  fault(
    "a ref with a name that git forbids",
    "ref_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "refs", "heads", "a..b"), `${slot.run("rev-parse", "HEAD")}\n`);
    },
    shared,
  ),
  fault(
    "a ref that leads out of the pool",
    "ref_invalid",
    (slot) => {
      symlinkSync("/etc/hostname", join(slot.commonDirectory, "refs", "heads", "away"));
    },
    shared,
  ),
  fault(
    "remote-tracking ref empty",
    "ref_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "refs", "remotes", "origin", "main"), empty);
    },
    inClones,
  ),
  fault(
    "another branch lost, its reflog there",
    "ref_missing",
    (slot) => {
      slot.run("update-ref", "-m", "noted", "--create-reflog", "refs/heads/other", "HEAD");
      rmSync(join(slot.commonDirectory, "refs", "heads", "other"));
    },
    shared,
  ),
  fault(
    "the stash lost, its reflog there",
    "ref_missing",
    (slot) => {
      overwrite(join(slot.path, "file.txt"), "stashed\n");
      slot.run("stash");
      rmSync(join(slot.commonDirectory, "refs", "stash"));
    },
    shared,
  ),
  fault("a ref of the work tree alone points to nothing", "ref_target_missing", (slot) => {
    overwrite(join(slot.gitDirectory, "refs", "worktree", "edits"), `${absentId}\n`);
  }),
  fault("a ref of a bisection empty", "ref_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "refs", "bisect", "bad"), empty);
  }),
  fault("a ref of the work tree alone with a name that git forbids", "ref_invalid", (slot) => {
    overwrite(join(slot.gitDirectory, "refs", "worktree", "a..b"), `${slot.run("rev-parse", "HEAD")}\n`);
  }),
  fault(
    "a reflog of a ref of the work tree alone names nothing",
    "object_missing",
    (slot) => {
      slot.run("update-ref", "-m", "noted", "--create-reflog", "refs/worktree/edits", "HEAD");
      const log = join(slot.gitDirectory, "logs", "refs", "worktree", "edits");
      overwrite(log, readFileSync(log, "utf8").replace("0".repeat(40), absentId));
    },
    { depth: "full" },
  ),
  fault(
    "packed-refs has a peeled line without its ref",
    "packed_refs_invalid",
    (slot) => {
      for (const name of ["w1", "w2"]) slot.run("tag", "-a", name, "-m", name);
      slot.run("pack-refs", "--all");
      const path = join(slot.commonDirectory, "packed-refs");
      const lines = readFileSync(path, "utf8").split(/(?<=\n)/);
      overwrite(path, lines.filter((line) => !line.endsWith("refs/tags/w2\n")).join(""));
    },
    shared,
  ),
  fault(
    "packed-refs garbage",
    "packed_refs_invalid",
    (slot) => {
      overwrite(join(slot.commonDirectory, "packed-refs"), garbage);
    },
    shared,
  ),
  fault(
    "packed-refs cut off",
    "packed_refs_invalid",
    (slot) => {
      slot.run("pack-refs", "--all");
      truncateSync(
        join(slot.commonDirectory, "packed-refs"),
        statSync(join(slot.commonDirectory, "packed-refs")).size - 5,
      );
    },
    shared,
  ),
  fault(
    "packed ref points to nothing",
    "ref_target_missing",
    (slot) => {
      appendFileSync(join(slot.commonDirectory, "packed-refs"), `${absentId} refs/tags/v9\n`);
    },
    shared,
  ),
  fault(
    "refs/tags is a file",
    "ref_invalid",
    (slot) => {
      rmSync(join(slot.commonDirectory, "refs", "tags"), { recursive: true });
      overwrite(join(slot.commonDirectory, "refs", "tags"), garbage);
    },
    shared,
  ),
  fault(
    "refs directory missing",
    "git_refs_missing",
    (slot) => {
      rmSync(join(slot.commonDirectory, "refs"), { recursive: true });
    },
    shared,
  ),
];
