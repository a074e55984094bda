import { execFileSync } from "node:child_process";
import { hash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { saveSlot } from "../../src/recovery/save-slot.ts";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { armTraps, trapPlaceOf } from "../kit/arm-traps.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo, saveAndRestore, salvagePlaceOf } from "../kit/salvage-place.ts";
import { sampleLayouts } from "../kit/sample.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

const layouts = sampleLayouts("salvages");
const hashOf = (path: string): string => hash("sha256", readFileSync(path));
const unusualName = 'odd "name"\n.txt';

/** Work of every kind; a slot that is damaged afterwards has had all of it. */
function leaveWork(): { commit: string; stash: string } {
  const slot = pool.slotPath(1);
  writeFileSync(join(slot, "committed.txt"), "unpushed\n");
  git(slot, "add", "committed.txt");
  git(slot, "commit", "-q", "-m", "unpushed");
  writeFileSync(join(slot, "committed.txt"), "stashed\n");
  git(slot, "stash", "-q");
  writeFileSync(join(slot, "file.txt"), "staged\n");
  git(slot, "add", "file.txt");
  writeFileSync(join(slot, "file.txt"), "unstaged\n");
  writeFileSync(join(slot, unusualName), "untracked\n", { mode: 0o755 });
  writeFileSync(join(slot, ".gitignore"), "ignored.txt\nnode_modules/\n");
  writeFileSync(join(slot, "ignored.txt"), "ignored\n");
  mkdirSync(join(slot, "node_modules"));
  writeFileSync(join(slot, "node_modules", "module.js"), "installed\n");
  mkdirSync(join(slot, "empty"));
  symlinkSync("/nowhere", join(slot, "link"));
  git(slot, "init", "-q", "nested");
  writeFileSync(join(slot, "nested", "inner.txt"), "nested\n");
  execFileSync("mkfifo", [join(slot, "fifo")]);
  return { commit: git(slot, "rev-parse", "HEAD"), stash: git(slot, "rev-parse", "refs/stash") };
}

function expectFiles(directory: string): void {
  const read = (name: string): string => readFileSync(join(directory, name), "utf8");
  expect(read("file.txt")).toBe("unstaged\n");
  expect(read("committed.txt")).toBe("unpushed\n");
  expect(read(unusualName)).toBe("untracked\n");
  expect(statSync(join(directory, unusualName)).mode & 0o777).toBe(0o755);
  expect(read("ignored.txt")).toBe("ignored\n");
  expect(read("nested/inner.txt")).toBe("nested\n");
  expect(existsSync(join(directory, "nested", ".git", "HEAD"))).toBe(true);
  expect(readdirSync(join(directory, "empty"))).toEqual([]);
  expect(lstatSync(join(directory, "link")).isSymbolicLink()).toBe(true);
  expect(readlinkSync(join(directory, "link"))).toBe("/nowhere");
}

describe.each(layouts)("a %s slot", (layout) => {
  test("comes back with its commits, stash, index and files", async () => {
    pool = new RealPool(1, layout);
    const { commit, stash } = leaveWork();
    const branch = git(pool.slotPath(1), "symbolic-ref", "HEAD");
    const directory = await saveAndRestore(pool, 1);
    expectFiles(directory);
    expect(git(directory, "rev-parse", "HEAD")).toBe(commit);
    expect(git(directory, "symbolic-ref", "HEAD")).toBe(branch);
    expect(git(directory, "rev-parse", "stash@{0}")).toBe(stash);
    expect(git(directory, "show", ":file.txt")).toBe("staged");
    expect(git(directory, "fsck", "--full")).toBe("");
  });

  test("brings back what it changed and what it left, byte for byte, without the remote", async () => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    const at = (name: string): string => join(slot, name);
    const sizes = [0, 1, 1_048_575, 1_048_576, 1_048_577];
    for (const size of sizes)
      for (const change of ["none", "byte", "longer", "shorter", "mode", "other", "gone"])
        writeFileSync(at(`${change}-${size}`), Buffer.alloc(size, `${change} ${size} `));
    git(slot, "add", ".");
    git(slot, "commit", "-q", "-m", "files");
    git(slot, "push", "-q", "origin", "HEAD:files");
    git(slot, "fetch", "-q", "origin");
    for (const size of sizes) {
      writeFileSync(at(`byte-${size}`), Buffer.alloc(size, "changed"));
      writeFileSync(at(`longer-${size}`), "\0", { flag: "a" });
      truncateSync(at(`shorter-${size}`), Math.max(0, size - 1));
      chmodSync(at(`mode-${size}`), 0o755);
      writeFileSync(at(`other-${size}`), readFileSync(at("none-1048576")));
      rmSync(at(`gone-${size}`));
    }
    const filesOf = (directory: string) =>
      readdirSync(directory)
        .filter((name) => /^[a-z]+-\d+$/.test(name))
        .map((name) => [name, lstatSync(join(directory, name)).mode, hashOf(join(directory, name))]);
    const before = filesOf(slot);
    expect(before).toHaveLength(6 * sizes.length);
    const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
    if (saved.kind !== "saved") throw new Error(JSON.stringify(saved));
    rmSync(pool.origin, { recursive: true });
    const directory = await restoreTo(pool, saved.salvageId);
    expect(filesOf(directory)).toEqual(before);
    expect(git(directory, "fsck", "--full")).toBe("");
  });

  test.each([
    ["a ref below refs/remotes that no remote fetches", "refs/remotes/git-svn", []],
    ["a remote inside of the slot", "refs/remotes/inner/main", ["remote", "add", "inner", "./inner"]],
  ])("comes back with history that only %s leads to", async (_, ref, settings) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    git(slot, "checkout", "-q", "--detach");
    const commits = ["one", "two"].map((message) => {
      git(slot, "commit", "-q", "--allow-empty", "-m", message);
      return git(slot, "rev-parse", "HEAD");
    });
    git(slot, "update-ref", ref, "HEAD");
    git(slot, "checkout", "-q", "-");
    git(slot, "reflog", "expire", "--expire=now", "--all");
    git(slot, "gc", "-q", "--prune=now");
    if (settings.length > 0) git(slot, ...settings);
    writeFileSync(join(slot, "untracked.txt"), "untracked\n");
    const directory = await saveAndRestore(pool, 1);
    expect(git(directory, "rev-parse", ref, `${ref}~1`)).toBe(commits.reverse().join("\n"));
    expect(git(directory, "fsck", "--full")).toBe("");
  });

  test("that names programs has none run by saving and restoring, and nothing outside changes", async () => {
    pool = new RealPool(1, layout);
    const traps = armTraps(trapPlaceOf(pool.slotPath(1), join(pool.root, "traps")));
    const directory = await saveAndRestore(pool, 1);
    expect(readFileSync(join(directory, "trap.config"), "utf8")).toBe("after!\n");
    git(directory, "status");
    expect(traps.fired()).toEqual([]);
    expect(traps.changedOutside()).toEqual([]);
  });
});

const damages: readonly (readonly [string, (gitDirectory: string) => void])[] = [
  [
    "HEAD is gone",
    (directory) => {
      rmSync(join(directory, "HEAD"));
    },
  ],
  [
    "refs are gone",
    (directory) => {
      rmSync(join(directory, "refs"), { recursive: true });
    },
  ],
  [
    "packed-refs and logs are destroyed",
    (directory) => {
      writeFileSync(join(directory, "packed-refs"), "garbage");
      rmSync(join(directory, "logs"), { recursive: true });
    },
  ],
  [
    "config is garbage",
    (directory) => {
      writeFileSync(join(directory, "config"), "[[");
    },
  ],
  [
    "all packs lost their indexes",
    (directory) => {
      git(directory, "gc", "-q");
      const folder = join(directory, "objects", "pack");
      for (const name of readdirSync(folder)) if (name.endsWith(".idx")) rmSync(join(folder, name));
    },
  ],
];

test.each(damages)("where %s, the commits and files still come back", async (_name, damage) => {
  pool = new RealPool(1);
  const { commit, stash } = leaveWork();
  damage(join(pool.slotPath(1), ".git"));
  const directory = await saveAndRestore(pool, 1);
  expectFiles(directory);
  expect(git(directory, "cat-file", "-t", commit)).toBe("commit");
  expect(git(directory, "show", `${commit}:committed.txt`)).toBe("unpushed");
  expect(git(directory, "show", `${stash}:committed.txt`)).toBe("stashed");
});

test("files come back where the repository is gone altogether", async () => {
  pool = new RealPool(1);
  leaveWork();
  rmSync(join(pool.slotPath(1), ".git"), { recursive: true });
  expectFiles(await saveAndRestore(pool, 1));
});

test("ignored directories of salvage.exclude are named, not saved", async () => {
  pool = new RealPool(1);
  leaveWork();
  const directory = await saveAndRestore(pool, 1);
  expect(existsSync(join(directory, "node_modules"))).toBe(false);
  const manifest: unknown = JSON.parse(readFileSync(join(directory, ".git/salvage/manifest.json"), "utf8"));
  expect(manifest).toMatchObject({
    excluded: ["node_modules"],
    special_files: [{ path: "fifo", found: "fifo" }],
  });
});

test("an ignored directory of salvage.exclude is saved if it holds a repository: somebody may work there", async () => {
  pool = new RealPool(1);
  const slot = pool.slotPath(1);
  writeFileSync(join(slot, ".git", "info", "exclude"), "node_modules/\n");
  for (const parent of ["", "with/"])
    mkdirSync(join(slot, `${parent}node_modules/inner`), { recursive: true });
  git(slot, "init", "-q", "with/node_modules/inner");
  for (const parent of ["", "with/"])
    writeFileSync(join(slot, `${parent}node_modules/inner/edited.js`), "edited\n");
  const directory = await saveAndRestore(pool, 1);
  expect(readFileSync(join(directory, "with/node_modules/inner/edited.js"), "utf8")).toBe("edited\n");
  expect(existsSync(join(directory, "node_modules"))).toBe(false);
});

test("so is one that holds a repository of another version control system", async () => {
  pool = new RealPool(1);
  const slot = pool.slotPath(1);
  writeFileSync(join(slot, ".git", "info", "exclude"), "node_modules/\n");
  const folders = [".bzr", ".got", ".hg", ".jj", ".pijul", ".sl", ".svn", "_darcs"];
  const files = [".fslckout", "_FOSSIL_"];
  const names = [...folders, ...files];
  const edited = (name: string): string => join(`beside${name}`, "node_modules/inner/edited.js");
  for (const name of names) {
    const store = join(slot, edited(name), "..", name);
    mkdirSync(folders.includes(name) ? store : dirname(store), { recursive: true });
    if (files.includes(name)) writeFileSync(store, "");
    writeFileSync(join(slot, edited(name)), "edited\n");
  }
  const directory = await saveAndRestore(pool, 1);
  expect(names.filter((name) => !existsSync(join(directory, edited(name))))).toEqual([]);
});

const repositories: Readonly<Record<string, (slot: string, place: string) => void>> = {
  "a linked work tree": (slot, place) => {
    git(slot, "worktree", "add", "-q", "--detach", place);
  },
  "a repository whose .git is a file": (slot, place) => {
    git(slot, "init", "-q", "--separate-git-dir", join(pool.root, "apart.git"), place);
  },
  "a repository whose .git is a link": (slot, place) => {
    git(slot, "init", "-q", place);
    renameSync(join(place, ".git"), join(pool.root, "linked.git"));
    symlinkSync(join(pool.root, "linked.git"), join(place, ".git"));
  },
  "a bare repository": (slot, place) => {
    git(slot, "init", "-q", "--bare", place);
  },
};

describe.each(layouts)("in a slot of layout %s", (layout) => {
  test.each(Object.keys(repositories))("an ignored directory is saved if it holds %s", async (kind) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    writeFileSync(join(slot, ".gitignore"), "node_modules/\n");
    repositories[kind]?.(slot, join(slot, "node_modules", "deep", "inner"));
    writeFileSync(join(slot, "node_modules/deep/inner/edited.js"), "edited\n");
    const directory = await saveAndRestore(pool, 1);
    expect(readFileSync(join(directory, "node_modules/deep/inner/edited.js"), "utf8")).toBe("edited\n");
  });
});

test("a directory of salvage.exclude is saved if git tracks something in it", async () => {
  pool = new RealPool(1);
  const slot = pool.slotPath(1);
  mkdirSync(join(slot, "deep", "node_modules", "kept"), { recursive: true });
  writeFileSync(join(slot, "deep/node_modules/kept/tracked.js"), "tracked\n");
  git(slot, "add", "-f", "deep");
  writeFileSync(join(slot, ".git", "info", "exclude"), "node_modules/\n");
  writeFileSync(join(slot, "deep/node_modules/untracked.js"), "untracked\n");
  const directory = await saveAndRestore(pool, 1);
  expect(readFileSync(join(directory, "deep/node_modules/untracked.js"), "utf8")).toBe("untracked\n");
});

test("a salvage whose bytes changed is told by its checksums and not restored", async () => {
  pool = new RealPool(1);
  leaveWork();
  const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
  const [kept] = listSalvages(pool.stateDir);
  writeFileSync(join(kept?.path ?? "", "files.jsonl.gz"), "", { flag: "a" });
  writeFileSync(join(kept?.path ?? "", "repository.git", "HEAD"), "ref: refs/heads/other\n");
  expect(saved.kind).toBe("saved");
  await expect(restoreTo(pool, kept?.id ?? "")).rejects.toMatchObject({ code: "SALVAGE_DAMAGED" });
});

test("two restores at once do not share a directory", async () => {
  pool = new RealPool(1);
  leaveWork();
  const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
  const id = saved.kind === "saved" ? saved.salvageId : "";
  const ends = await Promise.allSettled([restoreTo(pool, id), restoreTo(pool, id)]);
  const restored = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  expect(restored.length).toBeLessThan(2);
  for (const end of ends)
    if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "RESTORE_TARGET_UNUSABLE" });
  restored.forEach(expectFiles);
});

test("a slot that is moved away while its lock is waited for is not saved without its files", async () => {
  pool = new RealPool(1);
  leaveWork();
  const { workspacesDir, stateDir } = pool;
  const place = salvagePlaceOf(pool, 1);
  const lock = tryAcquireSlotLock(pool.lockPath(1));
  const request = { recoveryId: "a-run", trigger: "command", requestedBy: "somebody" } as const;
  const scope = { ...place, workspacesDir, journal: new Journal(stateDir), lockTimeoutSeconds: 10 };
  const saving = saveSlot(place, request, scope);
  renameSync(pool.slotPath(1), `${pool.slotPath(1)}-away`);
  if (lock.kind === "held") lock.release();
  expect(await saving).toMatchObject({ kind: "busy" });
  expect(listSalvages(stateDir)).toEqual([]);
});

test("work that cannot be written is incomplete, and leaves nothing behind", async () => {
  pool = new RealPool(1);
  leaveWork();
  const result = await saveWork(salvagePlaceOf(pool, 1), "test", { timeoutSeconds: 0.001 });
  expect(result.kind).toBe("incomplete");
  expect(readdirSync(join(pool.stateDir, "salvage"))).toEqual([]);
});
