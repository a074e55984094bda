import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TrackedFiles } from "../../src/git/index/tracked-files.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { saveAndRestore } from "../kit/salvage-place.ts";
import { sampleOf } from "../kit/sample.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let slot = "";
let file = "";

const committed = "content\n";
const edited = "CONTENT\n";

beforeEach(() => {
  pool = new RealPool(1);
  slot = pool.slotPath(1);
  file = join(slot, "file.txt");
});

afterEach(() => {
  pool.destroy();
});

/** The index is then as one that git wrote seconds after the files: what it says of them is believed. */
function settleIndex(): void {
  git(slot, "update-index", "-q", "--refresh");
  dateIndex();
}

function dateIndex(): void {
  const later = new Date(Date.now() + 2000);
  utimesSync(join(slot, ".git", "index"), later, later);
}

function readTracked(): TrackedFiles | undefined {
  const index = join(slot, ".git", "index");
  return TrackedFiles.parse(readFileSync(index), 20, statSync(index));
}

const unchangedBlob = (): string | undefined =>
  readTracked()?.findUnchanged("file.txt", lstatSync(file))?.objectId;

/** In place, so that inode and size stay. */
function edit(): void {
  writeFileSync(file, edited, { flag: "r+" });
}

function editInThePast(): void {
  const { atime, mtime } = statSync(file);
  edit();
  utimesSync(file, atime, mtime);
}

const edits: readonly (readonly [string, () => void])[] = [
  ["of the same size", edit],
  ["with its time restored", editInThePast],
  [
    "of another file that took the place",
    () => {
      const { atime, mtime } = statSync(file);
      const other = join(slot, "other.txt");
      writeFileSync(other, edited);
      utimesSync(other, atime, mtime);
      renameSync(other, file);
    },
  ],
  [
    "that assume-unchanged hides",
    () => {
      git(slot, "update-index", "--assume-unchanged", "file.txt");
      editInThePast();
    },
  ],
  [
    "that skip-worktree hides",
    () => {
      git(slot, "update-index", "--skip-worktree", "file.txt");
      editInThePast();
    },
  ],
  [
    "after which the index was marked fresh by another program",
    () => {
      editInThePast();
      git(slot, "update-index", "--assume-unchanged", "file.txt");
      dateIndex();
    },
  ],
];

describe.each(sampleOf(["2", "4"], 1, "versions of the index"))("with an index of version %s", (version) => {
  beforeEach(() => {
    git(slot, "update-index", "--index-version", version);
    settleIndex();
  });

  test("a file that nobody touched is told by its stat data", () => {
    expect(unchangedBlob()).toBe(git(slot, "rev-parse", "HEAD:file.txt"));
  });

  test.each(edits)("an edit %s is seen, and saved", async (_how, editFile) => {
    editFile();
    writeFileSync(join(slot, "new.txt"), "other work\n");
    expect(unchangedBlob()).toBeUndefined();
    const restored = await saveAndRestore(pool, 1);
    expect(readFileSync(join(restored, "file.txt"), "utf8")).toBe(edited);
  });

  test("every path of the index is found, whatever its length and bytes", () => {
    const names = ["a", "b/c".repeat(60), "a2", `é-${"n".repeat(200)}`, "z"];
    for (const name of names) writeTracked(name);
    settleIndex();
    const tracked = readTracked();
    for (const name of names) {
      const stats = lstatSync(join(slot, "names", name));
      const path = Buffer.from(`names/${name}`).toString("latin1");
      expect(tracked?.findUnchanged(path, stats)?.objectId).toBe(git(slot, "rev-parse", `:names/${name}`));
    }
  });
});

function writeTracked(name: string): void {
  const path = join(slot, "names", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${name}\n`);
  git(slot, "add", "names");
}

test("a file changed in the second in which the index was written is read, and so is one changed after it by the clock", () => {
  settleIndex();
  const index = join(slot, ".git", "index");
  const { ctimeMs } = statSync(file);
  for (const milliseconds of [ctimeMs, ctimeMs - 3_600_000]) {
    utimesSync(index, milliseconds / 1000, milliseconds / 1000);
    expect(unchangedBlob()).toBeUndefined();
  }
});

const attributeFiles: readonly (readonly [string, string, boolean])[] = [
  ["tracked", ".gitattributes", true],
  ["untracked", ".gitattributes", false],
  ["untracked in a directory", "names/.gitattributes", false],
  ["the repository's own", ".git/info/attributes", false],
];

test.each(attributeFiles)(
  "the bytes of a file come back although git takes them for its blob, if attributes are %s",
  async (_which, attributes, isTracked) => {
    git(slot, "config", "core.autocrlf", "input");
    writeFileSync(file, "content\r\n");
    git(slot, "config", "filter.upper.clean", "tr a-z A-Z");
    mkdirSync(join(slot, "names"));
    writeFileSync(join(slot, "names", "converted.txt"), "lower\n");
    writeFileSync(join(slot, attributes), "converted.txt filter=upper\n");
    git(slot, "add", ...(isTracked ? ["."] : ["file.txt", "names/converted.txt"]));
    expect(git(slot, "show", ":names/converted.txt")).toBe("LOWER");
    settleIndex();
    expect(git(slot, "status", "--porcelain=v1")).not.toMatch(/^.M/m);
    const restored = await saveAndRestore(pool, 1);
    expect(readFileSync(join(restored, "file.txt"), "utf8")).toBe("content\r\n");
    expect(readFileSync(join(restored, "names", "converted.txt"), "utf8")).toBe("lower\n");
  },
);

test("a split index, one that is cut off and one that is none say nothing", () => {
  git(slot, "update-index", "--split-index");
  expect(readTracked()).toBeUndefined();
  for (const content of [Buffer.alloc(0), Buffer.from("DIRC"), Buffer.alloc(200)])
    expect(TrackedFiles.parse(content, 20, { mtimeMs: 0 })).toBeUndefined();
  expect(readFileSync(file, "utf8")).toBe(committed);
});

test("files that nobody touched come back with their rights and times, by one line of the list", async () => {
  const modes = { "a.txt": 0o644, "b.txt": 0o600, "c.txt": 0o755, "d.txt": 0o700, "e.txt": 0o644 };
  const time = new Date("2026-05-04T12:00:00.500Z");
  for (const [name, mode] of Object.entries(modes)) {
    writeFileSync(join(slot, name), `${name}\n`);
    chmodSync(join(slot, name), mode);
    utimesSync(join(slot, name), time, time);
  }
  git(slot, "add", ".");
  git(slot, "commit", "-q", "-m", "files");
  // A second later, nothing of them is of the second in which the index is written.
  const second = Math.floor(Date.now() / 1000);
  await until("another second", () => Math.floor(Date.now() / 1000) > second || undefined);
  settleIndex();
  writeFileSync(join(slot, "new.txt"), "work\n");
  const restored = await saveAndRestore(pool, 1);
  for (const [name, mode] of Object.entries(modes)) {
    const stats = statSync(join(restored, name));
    expect([name, stats.mode & 0o777, stats.mtimeMs]).toEqual([name, mode, time.getTime()]);
    expect(readFileSync(join(restored, name), "utf8")).toBe(`${name}\n`);
  }
  const [id = ""] = readdirSync(join(pool.stateDir, "salvage"));
  const list = gunzipSync(readFileSync(join(pool.stateDir, "salvage", id, "files.jsonl.gz"))).toString();
  expect(list).toContain('"kind":"unchanged"');
  expect(list).not.toContain('"a.txt"');
  expect(list).toContain('"b.txt"');
});

test("an index without what changed since a second knows nothing of files of that second, and is whole", () => {
  settleIndex();
  const seconds = Math.floor(statSync(file).ctimeMs / 1000);
  const tracked = readTracked();
  expect(tracked?.withoutChangesSince(seconds + 1)).toEqual(tracked?.index);
  const without = tracked?.withoutChangesSince(seconds) ?? Buffer.alloc(0);
  writeFileSync(join(slot, ".git", "index"), without);
  dateIndex();
  expect(unchangedBlob()).toBeUndefined();
  editInThePast();
  expect(git(slot, "status", "--porcelain", "file.txt")).toBe("M file.txt");
  expect(git(slot, "fsck")).not.toMatch(/index/);
});
