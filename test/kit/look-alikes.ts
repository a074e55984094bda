import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { alternatesPath } from "../../src/git/objects/alternates.ts";
import { isAtLeast, readHostGitVersion } from "../../src/git/run/git-version.ts";
import type { LayoutKind, PoolProblemCode } from "../../src/pool/pool.ts";
import { addNestedSubmodule, addSubmodule, SlotPlace } from "./slot-place.ts";
import { git, type RealPool } from "./real-pool.ts";
import { until } from "./until.ts";

/** A state of a slot that git is content with, however odd it looks. */
export interface LookAlike {
  readonly name: string;
  readonly layouts: readonly LayoutKind[];
  /** What may be said of it, as a problem of its pool. */
  readonly problem?: PoolProblemCode;
  /** Makes slot 2 so. @returns what ends it, if something has to run for it */
  readonly arrange: (pool: RealPool) => Promise<() => Promise<void>> | undefined;
}

type Details = Partial<Pick<LookAlike, "layouts" | "problem">>;

function checkOutSparsely(slot: SlotPlace, ...options: string[]): void {
  for (const folder of ["kept", "left-out"]) {
    mkdirSync(join(slot.path, folder));
    writeFileSync(join(slot.path, folder, "a.txt"), "a\n");
  }
  slot.run("add", "kept", "left-out");
  slot.run("commit", "-q", "-m", "folders");
  slot.run("sparse-checkout", "set", "--cone", ...options, "kept");
}

function lookAlike(name: string, arrange: (pool: RealPool) => void, details: Details = {}): LookAlike {
  return {
    name,
    arrange: (pool) => {
      arrange(pool);
      return undefined;
    },
    layouts: ["clone", "worktree"],
    ...details,
  };
}

const inClones: Details = { layouts: ["clone"] };
const inWorktrees: Details = { layouts: ["worktree"] };
const second = (pool: RealPool): SlotPlace => new SlotPlace(pool, 2);

/** Puts another clone of the pool's repository in the place of slot 2, or of the main repository and its work trees. */
function cloneAnew(pool: RealPool, source: string, ...options: string[]): void {
  if (pool.layout === "clone") {
    replaceClone(pool, source, options);
    return;
  }
  const slots = [1, 2].map((number) => pool.slotPath(number));
  for (const path of [...slots, pool.mainRepository]) rmSync(path, { recursive: true });
  git(pool.root, "clone", "-q", "--bare", ...options, source, pool.mainRepository);
  git(pool.mainRepository, "config", "remote.origin.url", pool.url);
  for (const [index, path] of slots.entries())
    git(pool.mainRepository, "worktree", "add", "-q", path, "-b", `worktree/demo/slot${index + 1}`);
}

/** @throws if git does not work through the link. */
function replaceByLink(workTree: string, gitDirectory: string): void {
  rmSync(join(workTree, ".git"));
  symlinkSync(relative(workTree, gitDirectory), join(workTree, ".git"));
  git(workTree, "status");
}

function replaceClone(pool: RealPool, source: string, options: readonly string[]): void {
  const path = pool.slotPath(2);
  const record = join(pool.root, "slot.json");
  renameSync(pool.recordPath(2), record);
  rmSync(path, { recursive: true });
  git(pool.root, "clone", "-q", ...options, source, path);
  git(path, "config", "remote.origin.url", pool.url);
  renameSync(record, pool.recordPath(2));
}

/** As when the network is down: what a partial clone lacks cannot be fetched. */
function goOffline(pool: RealPool): void {
  renameSync(pool.origin, `${pool.origin}.away`);
}

function cloneInPart(filter: string): (pool: RealPool) => void {
  return (pool) => {
    git(pool.origin, "config", "uploadpack.allowFilter", "true");
    git(pool.origin, "config", "uploadpack.allowAnySHA1InWant", "true");
    cloneAnew(pool, pool.url, `--filter=${filter}`);
    goOffline(pool);
  };
}

/** Git works in the slot at this moment: it waits for an editor, with the index locked. */
async function commitSlowly(pool: RealPool): Promise<() => Promise<void>> {
  const slot = second(pool);
  writeFileSync(join(slot.path, "file.txt"), "changed\n");
  const child = spawn(
    "git",
    ["-c", "user.name=agent", "-c", "user.email=agent@example.invalid", "commit", "-a"],
    {
      cwd: slot.path,
      env: { ...process.env, GIT_EDITOR: "sleep 600; true" },
      stdio: "ignore",
      detached: true,
    },
  );
  await until("the lock of the index", () => existsSync(join(slot.gitDirectory, "index.lock")) || undefined);
  return async () => {
    const ended = once(child, "exit");
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
  };
}

function changeOwner(path: string, uid: number): void {
  chownSync(path, uid, uid);
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path))
    if (!lstatSync(join(path, name)).isSymbolicLink()) changeOwner(join(path, name), uid);
}

function commitPointer(slot: SlotPlace): void {
  writeFileSync(join(slot.path, ".gitattributes"), "*.bin filter=lfs diff=lfs merge=lfs -text\n");
  const id = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
  writeFileSync(
    join(slot.path, "large.bin"),
    `version https://git-lfs.github.com/spec/v1\noid sha256:${id}\nsize 12345\n`,
  );
  slot.run("add", ".gitattributes", "large.bin");
  slot.run("commit", "-q", "-m", "large file");
}

const states: readonly LookAlike[] = [
  lookAlike("a detached HEAD", (pool) => {
    second(pool).run("checkout", "-q", "--detach");
  }),
  lookAlike("an unborn branch of a lent slot", (pool) => {
    pool.writeRecord(2, { state: "allocated", last_allocated_at: new Date().toISOString().slice(0, 19) });
    second(pool).run("checkout", "-q", "--orphan", "fresh");
  }),
  lookAlike(
    "a clone of an empty repository",
    (pool) => {
      git(pool.root, "init", "-q", "--bare", "empty.git");
      cloneAnew(pool, join(pool.root, "empty.git"));
    },
    inClones,
  ),
  lookAlike(
    "a clone without a checkout",
    (pool) => {
      cloneAnew(pool, pool.url, "--no-checkout");
    },
    inClones,
  ),
  lookAlike("a dirty tree", (pool) => {
    const slot = second(pool);
    writeFileSync(join(slot.path, "staged.txt"), "staged\n");
    slot.run("add", "staged.txt");
    writeFileSync(join(slot.path, "file.txt"), "changed\n");
    rmSync(join(slot.path, "staged.txt"));
    mkdirSync(join(slot.path, "new"));
    writeFileSync(join(slot.path, "new", "untracked.txt"), "untracked\n");
  }),
  lookAlike("a merge that waits for its conflicts", (pool) => {
    const slot = second(pool);
    slot.run("checkout", "-q", "-b", "side");
    writeFileSync(join(slot.path, "file.txt"), "side\n");
    slot.run("commit", "-q", "-a", "-m", "side");
    slot.run("checkout", "-q", "-b", "other", "HEAD~1");
    writeFileSync(join(slot.path, "file.txt"), "other\n");
    slot.run("commit", "-q", "-a", "-m", "other");
    try {
      slot.run("merge", "-q", "side");
    } catch {
      // It stops at the conflict, as it should.
    }
  }),
  lookAlike("a MERGE_HEAD without its line feed, and a CHERRY_PICK_HEAD with CRLF", (pool) => {
    const slot = second(pool);
    const id = slot.run("rev-parse", "HEAD");
    writeFileSync(join(slot.gitDirectory, "MERGE_HEAD"), id);
    writeFileSync(join(slot.gitDirectory, "CHERRY_PICK_HEAD"), `${id}\r\n`);
  }),
  lookAlike("a deleted branch whose log was kept and says so", (pool) => {
    const slot = second(pool);
    slot.run("update-ref", "-m", "noted", "--create-reflog", "refs/heads/gone", "HEAD");
    const id = slot.run("rev-parse", "HEAD");
    const line = `${id} ${"0".repeat(40)} agent <agent@example.invalid> 1700000000 +0000\tbranch: deleted\n`;
    appendFileSync(join(slot.commonDirectory, "logs/refs/heads/gone"), line);
    rmSync(join(slot.commonDirectory, "refs/heads/gone"));
  }),
  lookAlike(
    "link files that end with CRLF",
    (pool) => {
      const slot = second(pool);
      const paths = [
        join(slot.path, ".git"),
        ...["gitdir", "commondir"].map((name) => join(slot.gitDirectory, name)),
      ];
      for (const path of paths) writeFileSync(path, readFileSync(path, "utf8").replace(/\n?$/, "\r\n"));
    },
    inWorktrees,
  ),
  lookAlike(
    "a symbolic link in the place of the .git file, as git-annex makes it",
    (pool) => {
      const slot = second(pool);
      replaceByLink(slot.path, slot.gitDirectory);
    },
    inWorktrees,
  ),
  lookAlike("the same in a submodule", (pool) => {
    const slot = second(pool);
    replaceByLink(join(slot.path, "parts", "one"), addSubmodule(slot));
  }),
  lookAlike("a HEAD and a branch that are links to refs, as core.preferSymlinkRefs makes them", (pool) => {
    const slot = second(pool);
    slot.run("config", "core.preferSymlinkRefs", "true");
    slot.run("symbolic-ref", "refs/heads/alias", slot.run("symbolic-ref", "HEAD").trim());
    slot.run("symbolic-ref", "HEAD", "refs/heads/alias");
    if (!lstatSync(join(slot.gitDirectory, "HEAD")).isSymbolicLink()) throw new Error("HEAD is no link");
  }),
  lookAlike("branches whose names are no UTF-8, loose and packed", (pool) => {
    const slot = second(pool);
    const id = slot.run("rev-parse", "HEAD");
    const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
    writeFileSync(bytes(`${slot.commonDirectory}/refs/heads/caf\xe9`), `${id}\n`);
    slot.run("pack-refs", "--all");
    writeFileSync(bytes(`${slot.commonDirectory}/refs/heads/\xff`), `${id}\n`);
    writeFileSync(join(slot.gitDirectory, "HEAD"), bytes("ref: refs/heads/\xff\n"));
  }),
  lookAlike("a gc of another host, two hours old", (pool) => {
    const path = join(second(pool).commonDirectory, "gc.pid");
    writeFileSync(path, "4711 another-host");
    const twoHoursAgo = Date.now() / 1000 - 7200;
    utimesSync(path, twoHoursAgo, twoHoursAgo);
  }),
  lookAlike("a lock file that stops no git command", (pool) => {
    const path = join(second(pool).gitDirectory, "FETCH_HEAD.lock");
    writeFileSync(path, "");
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  }),
];

const repositories: readonly LookAlike[] = [
  lookAlike("an unborn branch in a submodule of a lent slot", (pool) => {
    pool.writeRecord(2, { state: "allocated", last_allocated_at: new Date().toISOString().slice(0, 19) });
    const slot = second(pool);
    addSubmodule(slot);
    git(join(slot.path, "parts", "one"), "checkout", "-q", "--orphan", "fresh");
  }),
  lookAlike("a shallow repository", (pool) => {
    writeFileSync(join(pool.root, "seed", "more.txt"), "more\n");
    git(join(pool.root, "seed"), "add", ".");
    git(join(pool.root, "seed"), "commit", "-q", "-m", "more");
    git(join(pool.root, "seed"), "push", "-q", pool.url, "main");
    cloneAnew(pool, pool.url, "--depth=1");
  }),
  lookAlike("a partial clone without blobs, offline", cloneInPart("blob:none")),
  lookAlike("a partial clone without trees, offline", cloneInPart("tree:0")),
  lookAlike("a sparse checkout", (pool) => {
    checkOutSparsely(second(pool));
  }),
  lookAlike("a sparse index with something staged", (pool) => {
    const slot = second(pool);
    checkOutSparsely(slot, "--sparse-index");
    writeFileSync(join(slot.path, "kept", "a.txt"), "staged\n");
    slot.run("add", "kept/a.txt");
  }),
  lookAlike("objects borrowed through alternates", (pool) => {
    cloneAnew(pool, pool.origin, "--shared");
  }),
  lookAlike("alternates that end in NUL bytes", (pool) => {
    cloneAnew(pool, pool.origin, "--shared");
    appendFileSync(alternatesPath(join(second(pool).commonDirectory, "objects")), Buffer.alloc(64));
  }),
  lookAlike(
    "a locked worktree",
    (pool) => {
      git(pool.mainRepository, "worktree", "lock", "--reason", "agent at work", pool.slotPath(2));
    },
    inWorktrees,
  ),
  lookAlike(
    "branches in a worktree's own directory, where git does not look",
    (pool) => {
      const slot = second(pool);
      const head = readFileSync(join(slot.gitDirectory, "logs/HEAD"), "utf8");
      for (const folder of ["refs", "logs/refs"])
        mkdirSync(join(slot.gitDirectory, folder, "heads"), { recursive: true });
      writeFileSync(join(slot.gitDirectory, "logs/refs/heads/topic"), head);
      writeFileSync(join(slot.gitDirectory, "logs/refs/stash"), head);
      writeFileSync(join(slot.gitDirectory, "refs/heads/other"), `${"1".repeat(40)}\n`);
    },
    inWorktrees,
  ),
  lookAlike(
    "a linked worktree of a slot's own",
    (pool) => {
      second(pool).run("worktree", "add", "-q", join(pool.root, "beside"), "-b", "beside");
    },
    inClones,
  ),
  lookAlike("SHA-256 objects", (pool) => {
    const seed = join(pool.root, "seed256");
    git(pool.root, "init", "-q", "-b", "main", "--object-format=sha256", seed);
    writeFileSync(join(seed, "file.txt"), "content\n");
    git(seed, "add", ".");
    git(seed, "commit", "-q", "-m", "first");
    cloneAnew(pool, seed, "--no-local");
  }),
  lookAlike("everything packed", (pool) => {
    const slot = second(pool);
    slot.run("pack-refs", "--all");
    slot.run("gc", "-q");
    slot.run("commit-graph", "write", "--reachable");
    slot.run("multi-pack-index", "write");
  }),
  lookAlike(
    "a multi-pack-index of version 2",
    (pool) => {
      const slot = second(pool);
      slot.run("multi-pack-index", "write");
      const path = join(slot.commonDirectory, "objects", "pack", "multi-pack-index");
      const content = readFileSync(path);
      content.writeUInt8(2, 4);
      createHash("sha1")
        .update(content.subarray(0, -20))
        .digest()
        .copy(content, content.length - 20);
      chmodSync(path, 0o644);
      writeFileSync(path, content);
    },
    isAtLeast(readHostGitVersion() ?? [], [2, 54]) ? {} : { problem: "unsupported" },
  ),
  lookAlike("a commit without files, whose empty tree nobody wrote", (pool) => {
    const slot = second(pool);
    const emptyTree = slot.run("hash-object", "-t", "tree", "/dev/null").trim();
    slot.run("update-ref", "refs/heads/empty", slot.run("commit-tree", "-m", "empty", emptyTree).trim());
  }),
  lookAlike("an index without a checksum", (pool) => {
    const slot = second(pool);
    slot.run("config", "index.skipHash", "true");
    writeFileSync(join(slot.path, "file.txt"), "changed\n");
    slot.run("add", "file.txt");
  }),
  lookAlike("an index of version 4", (pool) => {
    second(pool).run("update-index", "--index-version", "4");
  }),
  lookAlike(
    "references in the reftable format",
    (pool) => {
      const slot = second(pool);
      slot.run("config", "core.repositoryFormatVersion", "1");
      slot.run("config", "extensions.refStorage", "reftable");
      rmSync(join(slot.commonDirectory, "refs"), { recursive: true });
      mkdirSync(join(slot.commonDirectory, "refs"));
      writeFileSync(
        join(slot.commonDirectory, "refs", "heads"),
        "this repository uses the reftable format\n",
      );
      writeFileSync(join(slot.gitDirectory, "HEAD"), "ref: refs/heads/.invalid\n");
    },
    { problem: "unsupported" },
  ),
  lookAlike(
    "a repository extension that no git knows",
    (pool) => {
      const { commonDirectory } = second(pool);
      git(commonDirectory, "config", "core.repositoryformatversion", "1");
      git(commonDirectory, "config", "extensions.fromTheFuture", "true");
    },
    { problem: "unsupported" },
  ),
  lookAlike(
    "origin/HEAD of a branch that the remote deleted and a fetch pruned",
    (pool) => {
      git(pool.origin, "branch", "-m", "main", "trunk");
      second(pool).run("fetch", "-q", "--prune");
    },
    inClones,
  ),
  lookAlike("settings that people make", (pool) => {
    const { commonDirectory } = second(pool);
    for (const [name, value] of [
      ["core.abbrev", "12"],
      ["core.autocrlf", "input"],
      ["push.default", "current"],
      ["commit.gpgSign", "true"],
      ["remote.fork.fetch", "refs/heads/main:refs/remotes/fork/main"],
    ] as const)
      git(commonDirectory, "config", name, value);
  }),
  lookAlike("a split index", (pool) => {
    second(pool).run("update-index", "--split-index");
  }),
  lookAlike("a split index of version 4 with all that git keeps in an index", (pool) => {
    const slot = second(pool);
    for (const [name, value] of [
      ["core.splitIndex", "true"],
      ["core.untrackedCache", "true"],
      ["core.fsmonitor", "true"],
      ["index.version", "4"],
      ["index.threads", "4"],
      ["index.recordEndOfIndexEntries", "true"],
      ["index.recordOffsetTable", "true"],
    ] as const)
      slot.run("config", name, value);
    slot.run("update-index", "--index-version", "4", "--force-untracked-cache", "--split-index");
    writeFileSync(join(slot.path, "staged.txt"), "staged\n");
    slot.run("add", "staged.txt");
    slot.run("status");
  }),
];

const contents: readonly LookAlike[] = [
  lookAlike("files in LFS, whose program is not there", (pool) => {
    commitPointer(second(pool));
  }),
  lookAlike("a submodule", (pool) => {
    addSubmodule(second(pool));
  }),
  lookAlike("a submodule in a submodule", (pool) => {
    addNestedSubmodule(second(pool));
  }),
  lookAlike("a submodule that was never initialised", (pool) => {
    const slot = second(pool);
    addSubmodule(slot);
    slot.run("submodule", "--quiet", "deinit", "--force", "parts/one");
    rmSync(join(slot.gitDirectory, "modules"), { recursive: true });
  }),
  lookAlike("a nested repository without a commit", (pool) => {
    git(pool.slotPath(2), "init", "-q", "nested");
  }),
];

const foreignOwner = lookAlike(
  "a slot of another owner",
  (pool) => {
    changeOwner(pool.slotPath(2), 54_321);
  },
  { problem: "ownership" },
);

const surroundings: readonly LookAlike[] = [
  lookAlike("a merge that another program began, in a form of its own", (pool) => {
    const { gitDirectory } = second(pool);
    const id = git(pool.slotPath(2), "rev-parse", "HEAD");
    writeFileSync(join(gitDirectory, "MERGE_HEAD"), `${id}\r\n`);
  }),
  { name: "a git command that runs now", arrange: commitSlowly, layouts: ["clone", "worktree"] },
  // Only root can give files away.
  ...(process.getuid?.() === 0 ? [foreignOwner] : []),
  lookAlike(
    "a slot that is being added: a clone without its slot.json",
    (pool) => {
      cpSync(pool.slotPath(2), pool.slotPath(3), { recursive: true });
      rmSync(pool.recordPath(3), { force: true });
    },
    inClones,
  ),
  lookAlike("a slot that was added and is not counted yet", (pool) => {
    pool.addSlot(3);
  }),
];

/** What must not be mistaken for damage. */
export const lookAlikes: readonly LookAlike[] = [...states, ...repositories, ...contents, ...surroundings];
