import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unlockFolders } from "../../src/platform/unlock-folders.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-unlock-"));
});

afterEach(() => {
  unlockFolders(root);
  rmSync(root, { recursive: true });
});

const mode = (path: string): number => statSync(join(root, path)).mode & 0o7777;

test("every directory below gets the rights of its owner, and keeps the others", () => {
  mkdirSync(join(root, "in", "a", "b"), { recursive: true });
  mkdirSync(join(root, "in", "open"));
  chmodSync(join(root, "in", "a", "b"), 0o2555);
  chmodSync(join(root, "in", "a"), 0);
  expect(unlockFolders(join(root, "in"))).toBe(2);
  expect([mode("in/a"), mode("in/a/b"), mode("in/open")]).toEqual([0o700, 0o2755, 0o755]);
});

test("what is spared at the first level, and what a link leads to, stays as it is", () => {
  for (const path of ["in/.git/x", "in/a/.git", "out"]) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), 0o555);
  }
  symlinkSync(join(root, "out"), join(root, "in", "link"));
  expect(unlockFolders(join(root, "in"), (name) => name === ".git")).toBe(1);
  expect([mode("in/.git/x"), mode("in/a/.git"), mode("out")]).toEqual([0o555, 0o755, 0o555]);
});

test("a link, a file and nothing at all are no directories", () => {
  symlinkSync(root, join(root, "link"));
  expect([unlockFolders(join(root, "link")), unlockFolders(join(root, "none"))]).toEqual([0, 0]);
});
