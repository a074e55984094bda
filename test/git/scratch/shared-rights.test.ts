import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSharedRights, shareTree } from "../../../src/git/scratch/shared-rights.ts";

let root: string;
let umask: number;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-shared-"));
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  rmSync(root, { recursive: true });
});

function initAsGit(value: string): string {
  const directory = join(root, "by-git");
  execFileSync("git", ["init", "--quiet", "--bare", `--shared=${value}`, directory]);
  return directory;
}

/** Modes of the objects' folder and of a file of each kind in it. */
const modesOf = (directory: string): number[] =>
  ["objects", "objects/ab", "objects/ab/object"].map((name) => statSync(join(directory, name)).mode & 0o7777);

test.each(["umask", "group", "all", "0660", "0640", "0600", "false", "true", "1", "2"])(
  "with core.sharedRepository=%s a repository gets the rights that git gives it",
  (value) => {
    const byGit = initAsGit(value);
    execFileSync("git", ["-C", byGit, "hash-object", "-w", "--stdin"], { input: value });
    const byUs = join(root, "by-us");
    mkdirSync(join(byUs, "objects", "ab"), { recursive: true });
    writeFileSync(join(byUs, "objects", "ab", "object"), "");
    chmodSync(join(byUs, "objects", "ab", "object"), 0o444);
    shareTree(byUs, readSharedRights(byGit));
    const folder = readdirSync(join(byGit, "objects")).find((name) => name.length === 2)!;
    const [object] = readdirSync(join(byGit, "objects", folder));
    const expected = ["objects", `objects/${folder}`, `objects/${folder}/${object}`].map(
      (name) => statSync(join(byGit, name)).mode & 0o7777,
    );
    expect(modesOf(byUs).map((mode) => mode.toString(8))).toEqual(expected.map((mode) => mode.toString(8)));
  },
);
