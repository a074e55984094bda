import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { CorruptionReason } from "../../src/anomalies/corruption-reason.ts";
import type { Depth } from "../../src/inspection/finding.ts";
import type { LayoutKind } from "../../src/pool/pool.ts";
import { git, type RealPool } from "./real-pool.ts";

/** Where the parts of one slot of a real pool are. */
export class SlotPlace {
  readonly pool: RealPool;
  readonly number: number;
  readonly path: string;
  /** HEAD and index of this slot. */
  readonly git: string;
  /** Objects, refs and configuration. */
  readonly common: string;
  readonly branch: string;
  readonly record: string;

  constructor(pool: RealPool, number: number) {
    this.pool = pool;
    this.number = number;
    this.path = pool.slotPath(number);
    this.git = git(this.path, "rev-parse", "--absolute-git-dir");
    this.common = git(this.path, "rev-parse", "--path-format=absolute", "--git-common-dir");
    this.branch = git(this.path, "symbolic-ref", "HEAD");
    this.record = join(pool.directory, `slot${number}`, "slot.json");
  }

  run(...args: string[]): string {
    return git(this.path, ...args);
  }

  objectPath(id: string): string {
    return join(this.common, "objects", id.slice(0, 2), id.slice(2));
  }

  /** The file of a pack, made writable. */
  pack(extension: "pack" | "idx" = "pack"): string {
    const folder = join(this.common, "objects", "pack");
    const name = readdirSync(folder).find((entry) => entry.endsWith(`.${extension}`));
    if (name === undefined) throw new Error(`${folder} has no .${extension}`);
    chmodSync(join(folder, name), 0o644);
    return join(folder, name);
  }

  setRecord(fields: Readonly<Record<string, unknown>>): void {
    const record: unknown = JSON.parse(readFileSync(this.record, "utf8"));
    writeFileSync(this.record, JSON.stringify({ ...(record as object), ...fields }, undefined, 2));
  }
}

/** One way to break a slot for real, and what a check has to say about it. */
export interface Fault {
  readonly name: string;
  readonly layouts: readonly LayoutKind[];
  readonly reason: CorruptionReason;
  /** The cheapest depth that sees it. */
  readonly depth: Depth;
  /** `repository`: in the worktree layout it is a fault of the repository that all slots share. */
  readonly scope: "slot" | "repository";
  readonly inject: (slot: SlotPlace) => void;
}

type Details = Partial<Pick<Fault, "layouts" | "depth" | "scope">>;

const both: readonly LayoutKind[] = ["clone", "worktree"];

function fault(
  name: string,
  reason: CorruptionReason,
  inject: Fault["inject"],
  details: Details = {},
): Fault {
  return { name, reason, inject, layouts: both, depth: "probe", scope: "slot", ...details };
}

const inClones: Details = { layouts: ["clone"] };
const inWorktrees: Details = { layouts: ["worktree"] };
const shared: Details = { scope: "repository" };

const zeroId = "1".repeat(40);
const garbage = Buffer.from([0, 1, 103, 97, 114, 98, 97, 103, 101]);
const empty = Buffer.alloc(0);

export function write(path: string, content: Buffer | string): void {
  if (existsSync(path)) chmodSync(path, 0o644);
  writeFileSync(path, content);
}

export function flipMiddle(path: string): void {
  const content = readFileSync(path);
  const middle = content.length >> 1;
  content[middle] = (content[middle] ?? 0) ^ 0xff;
  write(path, content);
}

function halve(path: string): void {
  truncateSync(path, statSync(path).size >> 1);
}

function replaceByFifo(path: string): void {
  rmSync(path, { force: true });
  execFileSync("mkfifo", [path]);
}

/** As if git had died hours ago while it held the lock. */
export function leaveLock(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  const old = new Date(Date.now() - 5 * 3_600_000);
  utimesSync(path, old, old);
}

const metadataFaults: readonly Fault[] = [
  fault("slot directory removed", "slot_missing", (slot) => {
    rmSync(slot.path, { recursive: true });
  }),
  fault(
    "slot directory is a file",
    "slot_path_invalid",
    (slot) => {
      rmSync(slot.path, { recursive: true });
      writeFileSync(slot.path, "");
    },
    inWorktrees,
  ),
  fault(
    "slot directory leads out of the pool",
    "slot_path_invalid",
    (slot) => {
      renameSync(slot.path, join(slot.pool.root, "elsewhere"));
      symlinkSync(join(slot.pool.root, "elsewhere"), slot.path);
    },
    inWorktrees,
  ),
  fault(
    "slot directory is a link to another slot",
    "slot_shared",
    (slot) => {
      rmSync(slot.path, { recursive: true });
      symlinkSync(slot.pool.slotPath(3), slot.path);
    },
    inWorktrees,
  ),
  fault("slot.json missing", "slot_json_missing", (slot) => {
    rmSync(slot.record);
  }),
  fault("slot.json empty", "slot_json_invalid", (slot) => {
    write(slot.record, empty);
  }),
  fault("slot.json of NUL bytes", "slot_json_invalid", (slot) => {
    write(slot.record, Buffer.alloc(400));
  }),
  fault("slot.json cut off", "slot_json_invalid", (slot) => {
    write(slot.record, '{"slot_id": ');
  }),
  fault("slot.json of a wrong type", "slot_json_invalid", (slot) => {
    slot.setRecord({ allocation_count: "many" });
  }),
  fault("slot.json with an unknown state", "slot_json_invalid", (slot) => {
    slot.setRecord({ state: "weird" });
  }),
  fault("slot.json with a bad date", "slot_json_invalid", (slot) => {
    slot.setRecord({ created_at: "yesterday" });
  }),
  fault("slot.json with another slot's id", "slot_json_mismatch", (slot) => {
    slot.setRecord({ slot_id: slot.pool.slotId(3) });
  }),
  fault("slot.json with another slot's path", "slot_path_invalid", (slot) => {
    slot.setRecord({ slot_path: slot.pool.slotPath(3) });
  }),
  fault("slot.json with a path outside the pool", "slot_path_invalid", (slot) => {
    slot.setRecord({ slot_path: "/etc" });
  }),
  fault("state error without isolation", "state_error", (slot) => {
    slot.setRecord({ state: "error" });
  }),
];

const headFaults: readonly Fault[] = [
  fault("HEAD missing", "head_missing", (slot) => {
    rmSync(join(slot.git, "HEAD"));
  }),
  fault("HEAD empty", "head_invalid", (slot) => {
    write(join(slot.git, "HEAD"), empty);
  }),
  fault("HEAD garbage", "head_invalid", (slot) => {
    write(join(slot.git, "HEAD"), garbage);
  }),
  fault("HEAD leads out of the pool", "head_invalid", (slot) => {
    rmSync(join(slot.git, "HEAD"));
    symlinkSync("/etc/hostname", join(slot.git, "HEAD"));
  }),
  fault("HEAD on a missing branch", "head_branch_missing", (slot) => {
    write(join(slot.git, "HEAD"), "ref: refs/heads/nope\n");
  }),
  fault("current branch lost, its reflog there", "head_branch_missing", (slot) => {
    slot.run("update-ref", "-m", "noted", "--create-reflog", slot.branch, "HEAD");
    rmSync(join(slot.common, slot.branch));
  }),
  fault(
    "packed current branch lost, its reflog there",
    "head_branch_missing",
    (slot) => {
      slot.run("pack-refs", "--all");
      rmSync(join(slot.common, "packed-refs"));
    },
    inClones,
  ),
  fault("current branch empty", "ref_invalid", (slot) => {
    write(join(slot.common, slot.branch), empty);
  }),
  fault("current branch of NUL bytes", "ref_invalid", (slot) => {
    write(join(slot.common, slot.branch), Buffer.alloc(41));
  }),
  fault("current branch points to itself", "ref_invalid", (slot) => {
    write(join(slot.common, slot.branch), `ref: ${slot.branch}\n`);
  }),
  fault("current branch points to nothing", "ref_target_missing", (slot) => {
    write(join(slot.common, slot.branch), `${zeroId}\n`);
  }),
  fault("detached HEAD points to nothing", "ref_target_missing", (slot) => {
    write(join(slot.git, "HEAD"), `${zeroId}\n`);
  }),
];

const refFaults: readonly Fault[] = [
  fault(
    "another branch empty",
    "ref_invalid",
    (slot) => {
      write(join(slot.common, "refs", "heads", "other"), empty);
    },
    shared,
  ),
  fault(
    "another branch points to nothing",
    "ref_target_missing",
    (slot) => {
      write(join(slot.common, "refs", "heads", "other"), `${zeroId}\n`);
    },
    shared,
  ),
  fault(
    "two branches point to each other",
    "ref_invalid",
    (slot) => {
      write(join(slot.common, "refs", "heads", "one"), "ref: refs/heads/two\n");
      write(join(slot.common, "refs", "heads", "two"), "ref: refs/heads/one\n");
    },
    shared,
  ),
  fault(
    "a ref with a name that git forbids",
    "ref_invalid",
    (slot) => {
      write(join(slot.common, "refs", "heads", "a..b"), `${slot.run("rev-parse", "HEAD")}\n`);
    },
    shared,
  ),
  fault(
    "a ref that leads out of the pool",
    "ref_invalid",
    (slot) => {
      symlinkSync("/etc/hostname", join(slot.common, "refs", "heads", "away"));
    },
    shared,
  ),
  fault(
    "remote-tracking ref empty",
    "ref_invalid",
    (slot) => {
      write(join(slot.common, "refs", "remotes", "origin", "main"), empty);
    },
    inClones,
  ),
  fault(
    "another branch lost, its reflog there",
    "ref_missing",
    (slot) => {
      slot.run("update-ref", "-m", "noted", "--create-reflog", "refs/heads/other", "HEAD");
      rmSync(join(slot.common, "refs", "heads", "other"));
    },
    shared,
  ),
  fault(
    "packed-refs garbage",
    "packed_refs_invalid",
    (slot) => {
      write(join(slot.common, "packed-refs"), garbage);
    },
    shared,
  ),
  fault(
    "packed-refs cut off",
    "packed_refs_invalid",
    (slot) => {
      slot.run("pack-refs", "--all");
      truncateSync(join(slot.common, "packed-refs"), statSync(join(slot.common, "packed-refs")).size - 5);
    },
    shared,
  ),
  fault(
    "packed ref points to nothing",
    "ref_target_missing",
    (slot) => {
      appendFileSync(join(slot.common, "packed-refs"), `${zeroId} refs/tags/v9\n`);
    },
    shared,
  ),
  fault(
    "refs/tags is a file",
    "ref_invalid",
    (slot) => {
      rmSync(join(slot.common, "refs", "tags"), { recursive: true });
      write(join(slot.common, "refs", "tags"), garbage);
    },
    shared,
  ),
  fault(
    "refs directory missing",
    "git_refs_missing",
    (slot) => {
      rmSync(join(slot.common, "refs"), { recursive: true });
    },
    shared,
  ),
];

const objectFaults: readonly Fault[] = [
  fault(
    "commit of HEAD empty",
    "object_corrupt",
    (slot) => {
      write(slot.objectPath(slot.run("rev-parse", "HEAD")), empty);
    },
    shared,
  ),
  fault("commit of HEAD garbage", "object_corrupt", (slot) => {
    write(slot.objectPath(slot.run("rev-parse", "HEAD")), garbage);
  }),
  fault(
    "blob of HEAD empty",
    "object_corrupt",
    (slot) => {
      write(slot.objectPath(slot.run("rev-parse", "HEAD:own.txt")), empty);
    },
    shared,
  ),
  fault(
    "a directory in the place of a blob",
    "object_corrupt",
    (slot) => {
      const path = slot.objectPath(slot.run("rev-parse", "HEAD:own.txt"));
      rmSync(path);
      mkdirSync(path);
    },
    shared,
  ),
  fault(
    "staged blob empty",
    "object_corrupt",
    (slot) => {
      writeFileSync(join(slot.path, "staged.txt"), "staged\n");
      slot.run("add", "staged.txt");
      write(slot.objectPath(slot.run("rev-parse", ":staged.txt")), empty);
    },
    shared,
  ),
  fault("tree of HEAD missing", "object_missing", (slot) => {
    rmSync(slot.objectPath(slot.run("rev-parse", "HEAD^{tree}")));
  }),
  fault(
    "blob of HEAD missing",
    "object_missing",
    (slot) => {
      rmSync(slot.objectPath(slot.run("rev-parse", "HEAD:own.txt")));
    },
    { ...inClones, depth: "full" },
  ),
  fault(
    "blob of an old commit flipped",
    "object_corrupt",
    (slot) => {
      const old = slot.run("rev-parse", "HEAD:own.txt");
      writeFileSync(join(slot.path, "own.txt"), "newer\n");
      slot.run("commit", "-q", "-a", "-m", "newer");
      flipMiddle(slot.objectPath(old));
    },
    { ...inClones, depth: "full" },
  ),
  fault(
    "objects directory missing",
    "git_objects_missing",
    (slot) => {
      rmSync(join(slot.common, "objects"), { recursive: true });
    },
    shared,
  ),
  fault(
    "objects directory leads out of the pool",
    "git_objects_missing",
    (slot) => {
      renameSync(join(slot.common, "objects"), join(slot.pool.root, "objects"));
      symlinkSync(join(slot.pool.root, "objects"), join(slot.common, "objects"));
    },
    shared,
  ),
];

const packFaults: readonly Fault[] = [
  fault(
    "pack cut in half",
    "pack_corrupt",
    (slot) => {
      halve(slot.pack());
    },
    shared,
  ),
  fault(
    "pack flipped in its middle",
    "pack_corrupt",
    (slot) => {
      flipMiddle(slot.pack());
    },
    { ...inClones, depth: "full" },
  ),
  fault(
    "pack flipped at its end",
    "pack_corrupt",
    (slot) => {
      const content = readFileSync(slot.pack());
      content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
      write(slot.pack(), content);
    },
    shared,
  ),
  fault(
    "pack that claims 4,294,967,295 objects",
    "pack_corrupt",
    (slot) => {
      const content = readFileSync(slot.pack());
      content.writeUInt32BE(0xffffffff, 8);
      write(slot.pack(), content);
    },
    shared,
  ),
  fault(
    "pack missing, its index there",
    "pack_missing",
    (slot) => {
      rmSync(slot.pack());
    },
    shared,
  ),
  fault(
    "pack index missing",
    "pack_index_missing",
    (slot) => {
      rmSync(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "pack index cut in half",
    "pack_index_corrupt",
    (slot) => {
      halve(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "pack index empty",
    "pack_index_corrupt",
    (slot) => {
      write(slot.pack("idx"), empty);
    },
    shared,
  ),
  fault(
    "pack index flipped in its middle",
    "pack_index_corrupt",
    (slot) => {
      flipMiddle(slot.pack("idx"));
    },
    shared,
  ),
  fault(
    "alternates lead to nothing, and are needed",
    "alternates_broken",
    (slot) => {
      const elsewhere = join(slot.pool.root, "borrowed");
      cpSync(join(slot.common, "objects"), elsewhere, { recursive: true });
      rmSync(join(slot.common, "objects", "pack"), { recursive: true });
      mkdirSync(join(slot.common, "objects", "info"), { recursive: true });
      write(join(slot.common, "objects", "info", "alternates"), `${elsewhere}\n`);
      rmSync(elsewhere, { recursive: true });
    },
    { ...shared, depth: "plumbing" },
  ),
  fault(
    "shallow file garbage",
    "shallow_invalid",
    (slot) => {
      write(join(slot.common, "shallow"), garbage);
    },
    shared,
  ),
  fault(
    "commit-graph flipped",
    "commit_graph_corrupt",
    (slot) => {
      slot.run("commit-graph", "write", "--reachable");
      flipMiddle(join(slot.common, "objects", "info", "commit-graph"));
    },
    shared,
  ),
  fault(
    "commit-graph cut in half",
    "commit_graph_corrupt",
    (slot) => {
      slot.run("commit-graph", "write", "--reachable");
      const path = join(slot.common, "objects", "info", "commit-graph");
      chmodSync(path, 0o644);
      halve(path);
    },
    shared,
  ),
  fault(
    "multi-pack-index flipped",
    "multi_pack_index_corrupt",
    (slot) => {
      slot.run("multi-pack-index", "write");
      flipMiddle(join(slot.common, "objects", "pack", "multi-pack-index"));
    },
    shared,
  ),
];

const indexFaults: readonly Fault[] = [
  fault("index empty", "index_corrupt", (slot) => {
    write(join(slot.git, "index"), empty);
  }),
  fault("index garbage", "index_corrupt", (slot) => {
    write(join(slot.git, "index"), Buffer.concat([Buffer.from("DIRCxxxx"), Buffer.alloc(40)]));
  }),
  fault("index cut in half", "index_corrupt", (slot) => {
    halve(join(slot.git, "index"));
  }),
  fault("index flipped in its middle", "index_corrupt", (slot) => {
    flipMiddle(join(slot.git, "index"));
  }),
  fault("index of 4 GiB", "index_corrupt", (slot) => {
    truncateSync(join(slot.git, "index"), 4 * 1024 ** 3);
  }),
  fault(
    "index missing, its files there",
    "index_missing",
    (slot) => {
      rmSync(join(slot.git, "index"));
    },
    { depth: "plumbing" },
  ),
];

const configFaults: readonly Fault[] = [
  fault(
    "config garbage",
    "config_invalid",
    (slot) => {
      write(join(slot.common, "config"), "[core\n\0");
    },
    shared,
  ),
  fault(
    "config empty",
    "config_invalid",
    (slot) => {
      write(join(slot.common, "config"), empty);
    },
    shared,
  ),
  fault(
    "config missing",
    "config_missing",
    (slot) => {
      rmSync(join(slot.common, "config"));
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
      write(join(slot.common, "more"), "[broken\n");
    },
    shared,
  ),
  fault(
    "config.worktree that git cannot parse",
    "config_invalid",
    (slot) => {
      slot.run("config", "extensions.worktreeConfig", "true");
      write(join(slot.git, "config.worktree"), "[broken\n");
    },
    inClones,
  ),
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
      rmSync(slot.common, { recursive: true });
    },
    shared,
  ),
  fault(
    ".git leads out of the pool",
    "git_invalid",
    (slot) => {
      renameSync(slot.common, join(slot.pool.root, "moved.git"));
      symlinkSync(join(slot.pool.root, "moved.git"), slot.common);
    },
    shared,
  ),
  fault(
    "commit-graph is a FIFO",
    "commit_graph_corrupt",
    (slot) => {
      replaceByFifo(join(slot.common, "objects", "info", "commit-graph"));
    },
    shared,
  ),
  fault("HEAD's reflog is a FIFO", "git_invalid", (slot) => {
    replaceByFifo(join(slot.git, "logs", "HEAD"));
  }),
  fault("HEAD's reflog is a directory", "git_invalid", (slot) => {
    rmSync(join(slot.git, "logs", "HEAD"));
    mkdirSync(join(slot.git, "logs", "HEAD"));
  }),
  fault("FETCH_HEAD is a FIFO", "git_invalid", (slot) => {
    replaceByFifo(join(slot.git, "FETCH_HEAD"));
  }),
  fault("COMMIT_EDITMSG is a link to a place that is not there", "git_invalid", (slot) => {
    rmSync(join(slot.git, "COMMIT_EDITMSG"), { force: true });
    symlinkSync("/nonexistent/message", join(slot.git, "COMMIT_EDITMSG"));
  }),
  fault("MERGE_HEAD names no object", "git_invalid", (slot) => {
    writeFileSync(join(slot.git, "MERGE_HEAD"), "");
  }),
  fault("MERGE_HEAD is a link to nothing", "git_invalid", (slot) => {
    symlinkSync("nothing", join(slot.git, "MERGE_HEAD"));
  }),
  fault("COMMIT_EDITMSG is a link to itself", "git_invalid", (slot) => {
    rmSync(join(slot.git, "COMMIT_EDITMSG"), { force: true });
    symlinkSync("COMMIT_EDITMSG", join(slot.git, "COMMIT_EDITMSG"));
  }),
  fault(
    "a folder of reflogs is a file",
    "git_invalid",
    (slot) => {
      rmSync(join(slot.git, "logs", "refs"), { recursive: true });
      write(join(slot.git, "logs", "refs"), empty);
    },
    inClones,
  ),
  fault(
    "the directory of reflogs is a file",
    "git_invalid",
    (slot) => {
      rmSync(join(slot.git, "logs"), { recursive: true });
      write(join(slot.git, "logs"), empty);
    },
    inClones,
  ),
  fault(
    ".git is another slot's",
    "slot_shared",
    (slot) => {
      rmSync(slot.common, { recursive: true });
      write(join(slot.path, ".git"), `gitdir: ${join(slot.pool.slotPath(3), ".git")}\n`);
    },
    inClones,
  ),
];

const linkFaults: readonly Fault[] = [
  fault(".git file missing", "worktree_link_missing", (slot) => {
    rmSync(join(slot.path, ".git"));
  }),
  fault(".git file empty", "worktree_link_invalid", (slot) => {
    write(join(slot.path, ".git"), empty);
  }),
  fault(".git file to nowhere", "worktree_link_invalid", (slot) => {
    write(join(slot.path, ".git"), "gitdir: /nowhere\n");
  }),
  fault("links lead where the pool was before", "worktree_link_invalid", (slot) => {
    const before = (path: string): string => path.replace(slot.pool.root, "/where/the/pool/was");
    write(join(slot.path, ".git"), `gitdir: ${before(slot.git)}\n`);
    write(join(slot.git, "gitdir"), `${before(join(slot.path, ".git"))}\n`);
  }),
  fault("admin directory pruned", "worktree_admin_missing", (slot) => {
    rmSync(slot.git, { recursive: true });
  }),
  fault("backlink to elsewhere", "worktree_backlink_invalid", (slot) => {
    write(join(slot.git, "gitdir"), "/nowhere/.git\n");
  }),
  fault("backlink missing", "worktree_backlink_invalid", (slot) => {
    rmSync(join(slot.git, "gitdir"));
  }),
  fault("commondir missing", "worktree_commondir_invalid", (slot) => {
    rmSync(join(slot.git, "commondir"));
  }),
  fault("two slots on one admin directory", "slot_shared", (slot) => {
    write(join(slot.path, ".git"), readFileSync(join(slot.pool.slotPath(3), ".git")));
  }),
].map((one) => ({ ...one, layouts: ["worktree" as const] }));

const lockFault = (name: string, path: (slot: SlotPlace) => string, details: Details = {}): Fault =>
  fault(
    `stale ${name}`,
    "git_lock_stale",
    (slot) => {
      leaveLock(path(slot));
    },
    details,
  );

const lockFaults: readonly Fault[] = [
  lockFault("index.lock", (slot) => join(slot.git, "index.lock")),
  lockFault("HEAD.lock", (slot) => join(slot.git, "HEAD.lock")),
  lockFault("lock of the current branch", (slot) => join(slot.common, `${slot.branch}.lock`)),
  lockFault(
    "lock of a remote-tracking ref",
    (slot) => join(slot.common, "refs/remotes/origin/main.lock"),
    shared,
  ),
  lockFault("packed-refs.lock", (slot) => join(slot.common, "packed-refs.lock"), shared),
  lockFault("config.lock", (slot) => join(slot.common, "config.lock"), shared),
  lockFault("shallow.lock", (slot) => join(slot.common, "shallow.lock"), shared),
  lockFault("gc.pid", (slot) => join(slot.common, "gc.pid"), shared),
  lockFault("maintenance.lock", (slot) => join(slot.common, "objects/maintenance.lock"), shared),
  lockFault("commit-graph.lock", (slot) => join(slot.common, "objects/info/commit-graph.lock"), shared),
  lockFault(
    "multi-pack-index.lock",
    (slot) => join(slot.common, "objects/pack/multi-pack-index.lock"),
    shared,
  ),
  lockFault("index.lock of a submodule", (slot) => join(addSubmodule(slot), "index.lock")),
  lockFault("config.lock of a nested submodule", (slot) => join(addNestedSubmodule(slot), "config.lock")),
];

const submoduleFaults: readonly Fault[] = [
  fault("HEAD of a submodule empty", "submodule_corrupt", (slot) => {
    write(join(addSubmodule(slot), "HEAD"), empty);
  }),
  fault("pack index of a nested submodule missing", "submodule_corrupt", (slot) => {
    const folder = join(addNestedSubmodule(slot), "objects", "pack");
    for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".idx")))
      rmSync(join(folder, name));
  }),
  fault("repository of a submodule removed", "submodule_corrupt", (slot) => {
    rmSync(addSubmodule(slot), { recursive: true });
  }),
];

/** Adds a submodule to the slot. @returns its git directory. */
export function addSubmodule(slot: SlotPlace): string {
  slot.run("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", slot.pool.url, "parts/one");
  slot.run("commit", "-q", "-m", "submodule");
  return join(slot.git, "modules", "parts", "one");
}

/** Adds a submodule that has one itself. @returns the inner one's git directory. */
export function addNestedSubmodule(slot: SlotPlace): string {
  const outer = addSubmodule(slot);
  const path = join(slot.path, "parts", "one");
  git(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", slot.pool.url, "inner");
  return join(outer, "modules", "inner");
}

/** The fault kit: everything that this program claims to detect, each injected for real. */
export const faults: readonly Fault[] = [
  ...metadataFaults,
  ...headFaults,
  ...refFaults,
  ...objectFaults,
  ...packFaults,
  ...indexFaults,
  ...configFaults,
  ...linkFaults,
  ...submoduleFaults,
  ...lockFaults,
];

/** Gives the slot a commit of its own, loose and unpushed, as an agent's slot has. */
export function workIn(slot: SlotPlace): void {
  writeFileSync(join(slot.path, "own.txt"), "own\n");
  slot.run("add", "own.txt");
  slot.run("commit", "-q", "-m", "own");
}
