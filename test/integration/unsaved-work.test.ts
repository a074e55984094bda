import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { saveAndRestore } from "../kit/salvage-place.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

/** A slot whose tracked files are all on its remote. */
function pushedSlot(): string {
  pool = new RealPool(1);
  const slot = pool.slotPath(1);
  mkdirSync(join(slot, "src"));
  writeFileSync(join(slot, "src", "deep.txt"), "deep\n");
  writeFileSync(join(slot, "settings.txt"), "shipped\n");
  git(slot, "add", ".");
  git(slot, "commit", "-q", "-m", "more files");
  git(slot, "push", "-q", "origin", "HEAD:more");
  git(slot, "fetch", "-q", "origin");
  return slot;
}

function unsavedKinds(): Promise<string[]> {
  const { gitDirectory, commonDirectory } = new SlotPlace(pool, 1);
  return readUnsavedWork({ gitDirectory, commonDirectory }, pool.slotPath(1), {
    holdsRecord: pool.layout === "clone",
    timeoutSeconds: 60,
  });
}

test.each(["assume-unchanged", "skip-worktree"])(
  "an edit hidden from git by %s is unsaved work",
  async (bit) => {
    const slot = pushedSlot();
    git(slot, "update-index", `--${bit}`, "settings.txt");
    expect(await unsavedKinds()).toEqual([]);
    writeFileSync(join(slot, "settings.txt"), "mine\n");
    expect(git(slot, "status", "--porcelain", "settings.txt")).toBe("");
    expect(await unsavedKinds()).toEqual(["uncommitted"]);
  },
);

test.each([
  { where: "an untracked", file: ".gitattributes", others: ["untracked"] },
  { where: "an ignored", file: "src/.gitattributes", others: ["untracked"] },
  { where: "the repository's", file: ".git/info/attributes", others: [] },
  { where: "a tracked", file: "src/.gitattributes", others: [] },
])("what a filter makes of a file by $where $file is unknown", async ({ where, file, others }) => {
  const slot = pushedSlot();
  git(slot, "config", "filter.own.clean", "true");
  if (where === "an ignored") writeFileSync(join(slot, ".git", "info", "exclude"), ".gitattributes\n");
  writeFileSync(join(slot, file), "*.txt filter=own\n");
  if (where === "a tracked") {
    git(slot, "add", file);
    git(slot, "-c", "filter.own.clean=", "commit", "-q", "-m", "attributes");
    git(slot, "push", "-q", "origin", "HEAD:more");
  }
  expect(await unsavedKinds()).toEqual(["unknown", ...others]);
});

test.each(["tree", "blob"])(
  "a %s that only a ref of a tool names is unsaved work, and comes back",
  async (type) => {
    const slot = pushedSlot();
    writeFileSync(join(slot, "src", "deep.txt"), "a snapshot\n");
    git(slot, "add", "src");
    const objectId =
      type === "tree" ? git(slot, "write-tree", "--prefix=src/") : git(slot, "rev-parse", ":src/deep.txt");
    git(slot, "reset", "-q", "--hard");
    const given = git(slot, "rev-parse", `HEAD:src${type === "tree" ? "" : "/deep.txt"}`);
    git(pool.origin, "update-ref", "refs/snapshots/given", given);
    git(slot, "fetch", "-q", "origin", "refs/snapshots/*:refs/remotes/origin/snapshots/*");
    expect(await unsavedKinds()).toEqual([]);
    git(slot, "update-ref", "refs/snapshots/one", objectId);
    git(slot, "pack-refs", "--all");
    git(slot, "gc", "-q", "--prune=now");
    expect(await unsavedKinds()).toEqual(["unpushed"]);
    const restored = await saveAndRestore(pool, 1);
    expect(git(restored, "rev-parse", "refs/snapshots/one")).toBe(objectId);
    expect(git(restored, "cat-file", "-t", "refs/snapshots/one")).toBe(type);
  },
);

test("an edit that the index hides under a name that is no UTF-8 is unsaved work", async () => {
  const slot = pushedSlot();
  const path = Buffer.concat([Buffer.from(`${slot}/`), Buffer.from([0x66, 0xff, 0x0a])]);
  writeFileSync(path, "one\n");
  git(slot, "add", ".");
  git(slot, "commit", "-q", "-m", "odd name");
  git(slot, "push", "-q", "origin", "HEAD:more");
  git(slot, "fetch", "-q", "origin");
  for (const bit of ["assume-unchanged", "skip-worktree"])
    execFileSync("sh", ["-c", `git ls-files -z | git update-index --${bit} -z --stdin`], { cwd: slot });
  writeFileSync(path, "two\n");
  expect(git(slot, "status", "--porcelain")).toBe("");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
});

test("what a sparse checkout leaves out is no unsaved work; what an agent writes there is", async () => {
  const slot = pushedSlot();
  git(slot, "sparse-checkout", "set", "--cone", "--sparse-index", "elsewhere");
  expect(await unsavedKinds()).toEqual([]);
  mkdirSync(join(slot, "src"));
  writeFileSync(join(slot, "src", "deep.txt"), "edited\n");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
});

test("a split index is read with the file that holds the rest of it", async () => {
  const slot = pushedSlot();
  git(slot, "update-index", "--split-index");
  expect(await unsavedKinds()).toEqual([]);
  writeFileSync(join(slot, "settings.txt"), "mine\n");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
});

test("a commit that only a branch's log in a worktree's own directory remembers is unsaved work", async () => {
  pool = new RealPool(1, "worktree");
  const slot = pool.slotPath(1);
  const { gitDirectory, commonDirectory } = new SlotPlace(pool, 1);
  const branch = git(slot, "symbolic-ref", "HEAD").trim();
  git(slot, "commit", "-q", "--allow-empty", "-m", "work");
  git(slot, "reset", "-q", "--hard", "HEAD~1");
  for (const path of [join(gitDirectory, "ORIG_HEAD"), join(commonDirectory, "logs", branch)])
    rmSync(path, { force: true });
  mkdirSync(dirname(join(gitDirectory, "logs", branch)), { recursive: true });
  renameSync(join(gitDirectory, "logs/HEAD"), join(gitDirectory, "logs", branch));
  expect(git(slot, "reflog")).toBe("");
  expect(await unsavedKinds()).toEqual(["unpushed"]);
});

test("an index that cannot be read makes unsaved work unknown", async () => {
  pushedSlot();
  writeFileSync(join(new SlotPlace(pool, 1).gitDirectory, "index"), "DIRC garbage");
  expect(await unsavedKinds()).toContain("unknown");
});

/** Files below so many directories that no path names them. */
function digDeep(slot: string): void {
  const dig = `const { mkdirSync, writeFileSync } = require("node:fs"); const name = "d".repeat(250);
    for (let level = 0; level < 20; level++) { mkdirSync(name); process.chdir(name); } writeFileSync("work.txt", "deep");`;
  execFileSync(process.execPath, ["-e", dig], { cwd: slot });
}

test("what git only warns of on its way is unknown", async () => {
  const slot = pushedSlot();
  mkdirSync(join(slot, "deep"));
  digDeep(join(slot, "deep"));
  expect(git(slot, "status", "--porcelain", "deep")).toBe("");
  expect(await unsavedKinds()).toContain("unknown");
  execFileSync("rm", ["-rf", join(slot, "deep")]);
  expect(await unsavedKinds()).toEqual([]);
});

test("rules behind a link, which git never reads, hide nothing", async () => {
  const slot = pushedSlot();
  symlinkSync("settings.txt", join(slot, ".gitignore"));
  git(slot, "add", ".");
  git(slot, "commit", "-q", "-m", "a link");
  git(slot, "push", "-q", "origin", "HEAD:more");
  git(slot, "fetch", "-q", "origin");
  expect(await unsavedKinds()).toEqual([]);
});

test.each<[string, (slot: string) => void]>([
  [
    "core.fileMode",
    (slot) => {
      chmodSync(join(slot, "settings.txt"), 0o755);
    },
  ],
  [
    "core.symlinks",
    (slot) => {
      rmSync(join(slot, "link"));
      writeFileSync(join(slot, "link"), "settings.txt");
    },
  ],
])("a difference that %s=false makes none is no unsaved work; an edit is", async (setting, differ) => {
  const slot = pushedSlot();
  symlinkSync("settings.txt", join(slot, "link"));
  git(slot, "add", ".");
  git(slot, "commit", "-q", "-m", "a link");
  git(slot, "push", "-q", "origin", "HEAD:more");
  git(slot, "fetch", "-q", "origin");
  differ(slot);
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
  git(slot, "config", setting, "false");
  expect(await unsavedKinds()).toEqual([]);
  writeFileSync(join(slot, "settings.txt"), "mine\n");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
});

test("line ends that core.autocrlf makes are no unsaved work; an edit is", async () => {
  const slot = pushedSlot();
  const file = join(slot, "settings.txt");
  rmSync(file);
  git(slot, "-c", "core.autocrlf=true", "checkout", "-q", "settings.txt");
  utimesSync(file, 1, 1);
  expect(readFileSync(file, "utf8")).toBe("shipped\r\n");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
  git(slot, "config", "core.autocrlf", "true");
  expect(await unsavedKinds()).toEqual([]);
  writeFileSync(file, "edited!\r\n");
  expect(await unsavedKinds()).toEqual(["uncommitted"]);
});

test("a file that only core.ignoreCase takes for a tracked one is unsaved work", async () => {
  const slot = pushedSlot();
  git(slot, "config", "core.ignoreCase", "true");
  writeFileSync(join(slot, "SETTINGS.txt"), "mine\n");
  expect(await unsavedKinds()).toEqual(["untracked"]);
});

/** A submodule's commit, stash or staged content is in a git directory that stays when its files go. */
const submoduleWork: readonly (readonly [string, string[], (part: string) => void])[] = [
  ["nothing of its own", [], () => undefined],
  [
    "a commit",
    ["unpushed"],
    (part) => {
      writeFileSync(join(part, "file.txt"), "committed\n");
      git(part, "commit", "-q", "-a", "-m", "own");
    },
  ],
  [
    "a stash",
    ["stash", "unpushed"],
    (part) => {
      writeFileSync(join(part, "file.txt"), "stashed\n");
      git(part, "stash", "-q");
    },
  ],
  [
    "staged content",
    ["uncommitted"],
    (part) => {
      writeFileSync(join(part, "file.txt"), "staged\n");
      git(part, "add", "file.txt");
    },
  ],
];

describe.each(["clone", "worktree"] as const)("in a %s pool", (layout) => {
  test.each(submoduleWork)("a submodule that is gone leaves %s", async (_name, expected, leave) => {
    pool = new RealPool(1, layout);
    const slot = pool.slotPath(1);
    const part = join(slot, "deep", "part");
    git(slot, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", pool.url, "deep/part");
    git(slot, "commit", "-q", "-m", "submodule");
    git(slot, "push", "-q", pool.url, "HEAD:more");
    git(slot, "fetch", "-q", pool.url, "+refs/heads/more:refs/remotes/origin/more");
    git(part, "checkout", "-q", "--detach");
    expect(await unsavedKinds()).toEqual([]);
    leave(part);
    git(slot, "submodule", "--quiet", "deinit", "-f", "deep/part");
    expect(git(slot, "submodule", "status")).toMatch(/^-/);
    expect(await unsavedKinds()).toEqual(expected);
  });
});
