import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { TrackedFiles } from "../../src/git/index/tracked-files.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let manager: PoolManager;
let slot = "";
let file = "";
let kept = "";

const committed = "content\n";
const edited = "CONTENT\n";

beforeEach(() => {
  pool = new RealPool(1);
  const config = createDefaultConfig(pool.root);
  manager = new PoolManager({
    config: { ...config, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir },
  });
  slot = pool.slotPath(1);
  file = join(slot, "file.txt");
  kept = join(pool.stateDir, "clean-indexes", pool.slotId(1));
});

afterEach(() => {
  pool.destroy();
});

async function release(): Promise<void> {
  const record = JSON.parse(readFileSync(join(slot, "slot.json"), "utf8")) as object;
  const allocated = { ...record, state: "allocated", last_allocated_at: "2026-05-04T10:00:00.000000" };
  writeFileSync(join(slot, "slot.json"), JSON.stringify(allocated));
  await manager.releaseSlot(pool.slotId(1));
}

function newestChange(): number {
  const names = readdirSync(slot).filter((name) => name.endsWith(".txt"));
  return Math.max(...names.map((name) => statSync(join(slot, name)).ctimeMs));
}

/** A clean-up that keeps what it saw of the files: they are older than it. */
async function releaseSettled(): Promise<void> {
  await until("files older than the clean-up", () => Date.now() - newestChange() > 4000 || undefined);
  await release();
}

function expectClean(): void {
  expect(readFileSync(file, "utf8")).toBe(committed);
  expect(statSync(file).mode & 0o111).toBe(0);
  // Without stat data git reads each file.
  rmSync(join(slot, ".git", "index"));
  git(slot, "read-tree", "HEAD");
  expect(git(slot, "status", "--porcelain")).toBe("");
}

/** The size of a file by the index that was kept. */
function keptBytes(path: string): number | undefined {
  const tracked = TrackedFiles.parse(readFileSync(join(kept, "index")), 20, { mtimeMs: 0 });
  for (let position = 0; ; position++) {
    const entry = tracked?.fileAt(position);
    if (entry === undefined || entry.path === path) return entry?.bytes;
  }
}

/** In place, so that inode and size stay. */
function edit(path = file): void {
  writeFileSync(path, edited, { flag: "r+" });
}

function editInThePast(path = file): void {
  const { atime, mtime } = statSync(path);
  edit(path);
  utimesSync(path, atime, mtime);
}

const edits: Readonly<Record<string, (path: string, name: string) => void>> = {
  "same size": edit,
  "time restored": editInThePast,
  "hidden by the slot's index": (path, name) => {
    git(slot, "update-index", "--assume-unchanged", name);
    editInThePast(path);
  },
  "another file in the place": (path) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(join(slot, "other.txt"), edited);
    utimesSync(join(slot, "other.txt"), atime, mtime);
    renameSync(join(slot, "other.txt"), path);
  },
  rights: (path) => {
    chmodSync(path, 0o755);
  },
  removed: (path) => {
    rmSync(path);
  },
  "a link in the place": (path) => {
    renameSync(path, join(pool.root, "away"));
    symlinkSync(join(pool.root, "away"), path);
  },
};

test("a clean-up keeps what it saw of files that are older than it", async () => {
  await releaseSettled();
  expect(keptBytes("file.txt")).toBe(committed.length);
  edit();
  await release();
  expectClean();
});

test("an edit after a clean-up is undone by the next, however it was made", async () => {
  const names = Object.keys(edits).map((_, index) => `edited${index}.txt`);
  for (const name of names) writeFileSync(join(slot, name), committed);
  git(slot, "add", ...names);
  git(slot, "commit", "-q", "-m", "files");
  await releaseSettled();
  for (const [index, change] of Object.values(edits).entries()) {
    const name = names[index] ?? "";
    expect(keptBytes(name)).toBe(committed.length);
    change(join(slot, name), name);
  }
  await release();
  for (const name of names) expect([name, readFileSync(join(slot, name), "utf8")]).toEqual([name, committed]);
  expectClean();
});

test("files below a directory that is a link now are written again", async () => {
  git(slot, "switch", "-q", "-c", "more");
  const folder = join(slot, "folder");
  mkdirSync(folder);
  writeFileSync(join(folder, "inner.txt"), committed);
  git(slot, "add", "folder");
  git(slot, "commit", "-q", "-m", "folder");
  await releaseSettled();
  renameSync(folder, join(pool.root, "moved"));
  symlinkSync(join(pool.root, "moved"), folder);
  await release();
  expect(statSync(folder).isDirectory()).toBe(true);
  expect(
    readdirSync(slot, { withFileTypes: true })
      .find(({ name }) => name === "folder")
      ?.isDirectory(),
  ).toBe(true);
  expectClean();
});

const spoilings: readonly (readonly [string, () => void])[] = [
  [
    "is damaged",
    () => {
      writeFileSync(join(kept, "index"), readFileSync(join(kept, "index")).fill(7, 40, 60));
    },
  ],
  [
    "is of other settings",
    () => {
      writeFileSync(join(kept, "config"), "[core]\n");
    },
  ],
  [
    "is empty",
    () => {
      writeFileSync(join(kept, "index"), "");
    },
  ],
  [
    "is of attributes that are new",
    () => {
      git(slot, "config", "core.autocrlf", "false");
      writeFileSync(join(slot, ".git", "info", "attributes"), "*.txt text eol=lf\n");
    },
  ],
];

test.each(sampleOf(spoilings, 2, "spoiled indexes"))(
  "files are read if the index that was kept %s",
  async (_how, spoil) => {
    await releaseSettled();
    spoil();
    editInThePast();
    await release();
    expectClean();
  },
);

test("with attributes nothing is kept, and a slot that is removed leaves nothing", async () => {
  await releaseSettled();
  expect(existsSync(join(kept, "index"))).toBe(true);
  writeFileSync(join(slot, ".git", "info", "attributes"), "*.txt text eol=lf\n");
  await release();
  expect(existsSync(join(kept, "index"))).toBe(false);
  rmSync(join(slot, ".git", "info", "attributes"));
  await release();
  expect(existsSync(join(kept, "index"))).toBe(true);
  await manager.removeSlot(pool.slotId(1), { force: true });
  expect(existsSync(kept)).toBe(false);
});

test("a slot on another commit than the index that was kept has that commit's files", async () => {
  await releaseSettled();
  const before = git(slot, "rev-parse", "HEAD");
  writeFileSync(join(slot, "more.txt"), committed);
  git(slot, "rm", "-q", "file.txt");
  git(slot, "add", "more.txt");
  git(slot, "commit", "-q", "-m", "another");
  git(slot, "push", "-q", "origin", "HEAD:refs/heads/another");
  await release();
  expect(existsSync(file)).toBe(false);
  expect(readFileSync(join(slot, "more.txt"), "utf8")).toBe(committed);
  git(slot, "reset", "-q", "--hard", before.trim());
  await release();
  expectClean();
});

test("a slot whose commit lost its files is not available, be the index of that commit kept", async () => {
  writeFileSync(join(slot, "more.txt"), committed);
  git(slot, "add", "more.txt");
  git(slot, "commit", "-q", "-m", "more");
  git(slot, "push", "-q", "origin", "HEAD:refs/heads/more");
  await releaseSettled();
  expect(readFileSync(join(kept, "commit"), "utf8")).toBe(git(slot, "rev-parse", "HEAD").trim());
  const tree = git(slot, "rev-parse", "HEAD^{tree}").trim();
  rmSync(join(slot, ".git", "objects", tree.slice(0, 2), tree.slice(2)));
  await expect(release()).rejects.toThrow("found no such object");
  expect(JSON.parse(readFileSync(join(slot, "slot.json"), "utf8"))).toMatchObject({ state: "error" });
});

test("a slot whose commit lost a directory's tree is not available, be the index of that commit kept", async () => {
  mkdirSync(join(slot, "folder"));
  writeFileSync(join(slot, "folder", "inner.txt"), committed);
  git(slot, "add", "folder");
  git(slot, "commit", "-q", "-m", "folder");
  git(slot, "push", "-q", "origin", "HEAD:refs/heads/folder");
  await releaseSettled();
  expect(readFileSync(join(kept, "commit"), "utf8")).toBe(git(slot, "rev-parse", "HEAD").trim());
  const tree = git(slot, "rev-parse", "HEAD:folder").trim();
  rmSync(join(slot, ".git", "objects", tree.slice(0, 2), tree.slice(2)));
  await expect(release()).rejects.toThrow(`unable to read tree ${tree}`);
  expect(JSON.parse(readFileSync(join(slot, "slot.json"), "utf8"))).toMatchObject({ state: "error" });
});

test("of an index that is the same, only what was kept before the clock was set back is judged again", async () => {
  await releaseSettled();
  await release();
  const index = join(kept, "index");
  const { ino } = statSync(index);
  await release();
  expect(statSync(index).ino).toBe(ino);
  const later = new Date(Date.now() + 3_600_000);
  utimesSync(index, later, later);
  await release();
  expect(statSync(index).mtimeMs).toBeLessThan(later.getTime());
  expectClean();
});
