import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copySlotFile } from "../../../src/git/scratch/copy-slot-file.ts";
import { readFormatOf } from "../../../src/git/scratch/copy-state.ts";
import { keepIndexTimes } from "../../../src/git/scratch/index-times.ts";
import { formatScratchConfig } from "../../../src/git/scratch/scratch-config.ts";
import { ScratchRepository } from "../../../src/git/scratch/scratch-repository.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-test-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  ["has the whole second of the original, never the next one", 1_700_000_000_999_999_999n, 1_700_000_000_000],
  ["has a time even if the original has none", 0n, 1_000],
])("a copied index %s", (_what, mtimeNs, expected) => {
  const copy = join(directory, "index");
  writeFileSync(copy, "");
  keepIndexTimes({ atimeNs: mtimeNs, mtimeNs }, copy);
  expect(statSync(copy).mtimeMs).toBe(expected);
});

test("neither a FIFO nor a link is copied", () => {
  const [fifo, link, copy] = ["fifo", "link", "copy"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  execFileSync("mkfifo", [fifo]);
  symlinkSync("/etc/hostname", link);
  expect([fifo, link].map((path) => copySlotFile(path, copy))).toEqual([false, false]);
  expect(existsSync(copy)).toBe(false);
});

test("a store with a FIFO is not borrowed from", () => {
  const store = join(directory, "store");
  mkdirSync(join(store, "pack"), { recursive: true });
  execFileSync("mkfifo", [join(store, "pack", "pack-1.pack")]);
  const scratch = new ScratchRepository(join(directory, "scratch"), { idBytes: 20, isPartial: false });
  expect(() => {
    scratch.borrow(store);
  }).toThrow(expect.objectContaining({ code: "SCRATCH_UNSAFE" }));
});

test("a repository whose refs are no files is not copied", () => {
  writeFileSync(join(directory, "config"), "[extensions]\n\trefStorage = reftable\n");
  expect(() => readFormatOf({ gitDirectory: directory, commonDirectory: directory })).toThrow(
    expect.objectContaining({ code: "SCRATCH_UNSUPPORTED" }),
  );
});

test("the configuration names what git must know, and nothing else", () => {
  expect(formatScratchConfig({ idBytes: 20, isPartial: false })).toBe(
    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
  );
  expect(formatScratchConfig({ idBytes: 32, isPartial: true })).toBe(
    '[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n\tpartialClone = origin\n[remote "origin"]\n\turl = /dev/null\n\tpromisor = true\n',
  );
});
