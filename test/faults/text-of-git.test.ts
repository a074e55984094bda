import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withScratchCopy } from "../../src/git/scratch/scratch-repository.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;
let slot: string;

beforeEach(() => {
  pool = new RealPool(1);
  slot = pool.slotPath(1);
});

afterEach(() => {
  pool.destroy();
});

function inGit(name: string): string {
  return join(slot, ".git", name);
}

/** True if git can show the history of what is checked out, and of all refs. */
function canGitLog(): boolean {
  const env = { PATH: process.env["PATH"] };
  const ask = (...args: string[]) => spawnSync("git", ["-C", slot, "log", "-1", ...args], { env }).status;
  return ask() === 0 && ask("--all") === 0;
}

async function reasonsOf(): Promise<readonly string[]> {
  const { anomalies } = await lookAtPool(pool);
  return anomalies.corruptedSlots.flatMap(({ reasons }) => reasons);
}

function rewritePackedRefs(change: (lines: string[]) => string[]): void {
  git(slot, "pack-refs", "--all");
  const path = inGit("packed-refs");
  const [header = "", ...lines] = readFileSync(path, "utf8").split("\n").slice(0, -1);
  writeFileSync(path, [header, ...change(lines), ""].join("\n"));
}

describe("a slot that git cannot read either is named where", () => {
  test.each(["\v", "\f", "\u00a0", "\ufeff"])("HEAD ends in %j", async (character) => {
    writeFileSync(inGit("HEAD"), `ref: refs/heads/main${character}`);
    expect(canGitLog()).toBe(false);
    expect(await reasonsOf()).not.toEqual([]);
  });

  test.each(["\v", "\f", "\u00a0"])("a branch ends in %j", async (character) => {
    writeFileSync(inGit("refs/heads/main"), `${git(slot, "rev-parse", "HEAD")}${character}`);
    expect(canGitLog()).toBe(false);
    expect(await reasonsOf()).not.toEqual([]);
  });

  test.each(["\v", "\u00a0"])("packed-refs has %j for a space", async (character) => {
    rewritePackedRefs((lines) => lines.map((line) => line.replace(" ", character)));
    expect(canGitLog()).toBe(false);
    expect(await reasonsOf()).toContain("packed_refs_invalid");
  });

  test("packed-refs says that it is sorted, and is not", async () => {
    for (const name of ["a", "b", "z"]) git(slot, "branch", name);
    const isMain = (line: string): boolean => line.endsWith(" refs/heads/main");
    rewritePackedRefs((lines) => [...lines.filter((line) => !isMain(line)), ...lines.filter(isMain)]);
    expect(canGitLog()).toBe(false);
    expect(await reasonsOf()).toContain("packed_refs_invalid");
  });
});

describe("a slot that git can read is not accused where", () => {
  test.each(["x\u00a0", "x\ufeff", "x\u2028y"])("the branch is named %j", async (name) => {
    git(slot, "checkout", "-q", "-b", name);
    git(slot, "commit", "-q", "--allow-empty", "-m", "on an odd branch");
    expect(await reasonsOf()).toEqual([]);
    git(slot, "pack-refs", "--all");
    expect(await reasonsOf()).toEqual([]);
    expect(canGitLog()).toBe(true);
  });

  test("the path of its alternate is quoted with octal digits", async () => {
    const borrowed = join(pool.root, 'ål "b"');
    mkdirSync(borrowed);
    renameSync(inGit("objects/pack"), join(borrowed, "pack"));
    mkdirSync(inGit("objects/pack"));
    const quoted = `${pool.root}/\\303\\245l \\"b\\"`;
    writeFileSync(inGit("objects/info/alternates"), `"${quoted}"\n`);
    expect(canGitLog()).toBe(true);
    expect(await reasonsOf()).toEqual([]);
  });

  test("its packs have indexes of version 1", async () => {
    const packs = inGit("objects/pack");
    for (const name of readdirSync(packs).filter((file) => file.endsWith(".idx"))) {
      const index = join(packs, name);
      chmodSync(index, 0o644);
      git(slot, "index-pack", "--index-version=1", "-o", index, index.replace(/idx$/, "pack"));
      expect(readFileSync(index).readUInt32BE(0)).not.toBe(0xff744f63);
    }
    expect(canGitLog()).toBe(true);
    expect(await reasonsOf()).toEqual([]);
  });
});

test("a scratch copy is made while refs come and go", async () => {
  const loop = `while :; do for n in 1 2 3 4 5 6 7 8 9; do mkdir -p d$n; echo x > d$n/r; done; rm -rf d*; done`;
  const child = spawn("bash", ["-c", loop], { cwd: inGit("refs/heads"), stdio: "ignore" });
  const ended = once(child, "exit");
  try {
    const directories = { gitDirectory: inGit("."), commonDirectory: inGit(".") };
    for (let count = 0; count < 100; count++) await withScratchCopy(directories, () => Promise.resolve());
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
  expect(child.signalCode).toBe("SIGKILL");
});
