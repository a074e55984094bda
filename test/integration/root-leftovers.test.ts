import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { programArguments } from "../kit/run-program.ts";

/** An ordinary user, to whom the pool belongs. Only root can arrange what root left behind. */
const user = { uid: 1000, gid: 1000 };
const isRoot = process.getuid?.() === 0;

let pool: RealPool;
afterEach(() => {
  pool.destroy();
});

function aPool(layout: "clone" | "worktree"): void {
  pool = new RealPool(1, layout);
  execFileSync("chown", ["-R", `${user.uid}:${user.gid}`, pool.root]);
  chmodSync(pool.root, 0o755);
}

function ofRoot(...paths: string[]): void {
  execFileSync("chown", ["-R", "0:0", ...paths]);
}

function runAsUser(file: string, args: readonly string[], cwd = "/") {
  const env = { PATH: process.env["PATH"], HOME: pool.root, GIT_CONFIG_NOSYSTEM: "1" };
  const { status, stdout, stderr } = spawnSync(file, args, { ...user, cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

const program = (...args: string[]) => runAsUser(process.execPath, programArguments(pool, ...args));

function check(...flags: string[]) {
  const { stdout } = program("check", "--json", ...flags);
  return JSON.parse(stdout) as {
    pools: { problems: { code: string; slot_id?: string; detail: string }[] }[];
    corrupted_slots: unknown[];
    errors: unknown[];
  };
}

const git = (...args: string[]) =>
  runAsUser("git", ["-c", "user.name=a", "-c", "user.email=a@b.invalid", ...args], pool.slotPath(1));

const commit = () => git("commit", "-q", "--allow-empty", "-m", "x");

const inGit =
  (...names: string[]) =>
  () => {
    ofRoot(...names.map((name) => join(pool.slotPath(1), ".git", name)));
  };

function closeRefs(): void {
  for (const name of ["refs", "refs/heads"]) chmodSync(join(pool.slotPath(1), ".git", name), 0o555);
}

function fillFolders(): void {
  const objects = join(pool.slotPath(1), ".git", "objects");
  for (let folder = 0; folder < 256; folder++)
    mkdirSync(join(objects, folder.toString(16).padStart(2, "0")), { recursive: true });
  ofRoot(...readdirSync(objects).flatMap((name) => (name.length === 2 ? [join(objects, name)] : [])));
}

const leftovers: [what: string, leave: () => void][] = [
  ["objects", inGit("objects")],
  ["the folders of objects", fillFolders],
  ["branches", inGit("refs")],
  ["reflogs", inGit("logs")],
  ["refs that their own user closed", closeRefs],
];

test.runIf(isRoot).each(leftovers)(
  "a slot whose user may not write %s is told, not lent, and cloned again",
  (_what, leave) => {
    aPool("clone");
    leave();
    expect(commit().status).not.toBe(0);
    const seen = check();
    expect(seen).toMatchObject({ corrupted_slots: [], errors: [] });
    expect(seen.pools[0]?.problems).toMatchObject([{ code: "ownership", slot_id: pool.slotId(1) }]);
    expect(seen.pools[0]?.problems[0]?.detail).toMatch(
      /user 1000 may write here, but it belongs to user \d+/,
    );
    expect(program("allocate", "demo").status).toBe(1);
    expect(program("recover", "--dry-run", "--json").stdout).toContain('"reason": "ownership"');
    expect(program("recover")).toMatchObject({ status: 0, stderr: "" });
    expect(commit().status).toBe(0);
    expect(program("allocate", "demo").status).toBe(0);
  },
);

test.runIf(isRoot)("what root left in a work tree is found by a deep look, and cloned again", () => {
  aPool("clone");
  const modules = join(pool.slotPath(1), "node_modules");
  mkdirSync(join(modules, "left"), { recursive: true });
  writeFileSync(join(modules, "left", "index.js"), "");
  ofRoot(modules);
  expect(check().pools[0]?.problems).toEqual([]);
  expect(check("--deep").pools[0]?.problems).toMatchObject([{ code: "ownership" }]);
  expect(program("recover", "--deep")).toMatchObject({ status: 0, stderr: "" });
  expect(check("--deep").pools[0]?.problems).toEqual([]);
  expect(program("allocate", "demo").status).toBe(0);
});

test.runIf(isRoot).each([
  ["a directory", "clone", "closed"],
  ["a directory", "worktree", "closed"],
  ["a file", "clone", "closed/work.txt"],
] as const)(
  "%s of a %s that its own user closed is not cleaned away: the slot is isolated until it can be read",
  (_what, layout, name) => {
    aPool(layout);
    expect(program("allocate", "demo").status).toBe(0);
    const work = join(pool.slotPath(1), "closed", "work.txt");
    mkdirSync(join(pool.slotPath(1), "closed"));
    writeFileSync(work, "work\n");
    execFileSync("chown", ["-R", "1000:1000", join(pool.slotPath(1), "closed")]);
    const closed = join(pool.slotPath(1), name);
    chmodSync(closed, 0);
    const { status, stderr } = program("release", pool.slotId(1));
    expect([status, stderr]).toEqual([1, expect.stringContaining(`${name} cannot be read (EACCES)`)]);
    expect(readFileSync(work, "utf8")).toBe("work\n");
    chmodSync(closed, 0o700);
    expect(program("recover", pool.slotId(1)).status).toBe(0);
    expect(program("salvage", "list").stdout).toContain(pool.slotId(1));
  },
);

const closedParts: [what: string, layout: "clone" | "worktree", path: () => string][] = [
  ["one object", "clone", () => anObject(join(pool.slotPath(1), ".git"))],
  ["the configuration", "clone", () => join(pool.slotPath(1), ".git", "config")],
  ["a gc's pid", "clone", () => aGarbageCollection(join(pool.slotPath(1), ".git", "gc.pid"))],
  ["refs", "clone", () => join(pool.slotPath(1), ".git", "refs")],
  ["one object of the main repository", "worktree", () => anObject(pool.mainRepository)],
  ["the main repository", "worktree", () => pool.mainRepository],
];

/** Of another host, two hours old: git honours it for twelve. */
function aGarbageCollection(path: string): string {
  writeFileSync(path, "4711 elsewhere");
  const twoHoursAgo = Date.now() / 1000 - 7200;
  utimesSync(path, twoHoursAgo, twoHoursAgo);
  return path;
}

/** Where the tree of HEAD lies, unpacked. */
function anObject(gitDirectory: string): string {
  const objects = join(gitDirectory, "objects");
  const packed = readdirSync(join(objects, "pack")).filter((name) => name.endsWith(".pack"));
  for (const name of packed) {
    renameSync(join(objects, "pack", name), join(pool.root, name));
    rmSync(join(objects, "pack", name.replace(/pack$/, "idx")), { force: true });
    execFileSync("sh", [
      "-c",
      `git --git-dir="$0" unpack-objects -q <"$1"`,
      gitDirectory,
      join(pool.root, name),
    ]);
  }
  execFileSync("chown", ["-R", "1000:1000", objects]);
  const tree = git("rev-parse", "HEAD^{tree}").stdout.trim();
  return join(objects, tree.slice(0, 2), tree.slice(2));
}

test.runIf(isRoot).each(closedParts)(
  "%s that may not be read in a pool of %ss is evidence of nothing, at no depth",
  (_what, layout, path) => {
    aPool(layout);
    const closed = path();
    ofRoot(closed);
    chmodSync(closed, 0o700);
    const seen = check("--deep");
    expect(seen).toMatchObject({ corrupted_slots: [] });
    expect(seen.errors).toContainEqual(expect.objectContaining({ code: "deep_check_failed" }));
    expect(program("check", "--deep").status).toBe(1);
    expect(program("recover", "--deep", "--strategy", "aggressive", "--json").stdout).toContain(
      '"actions": []',
    );
  },
);

test.runIf(isRoot)("the repository that worktrees share is told once, and no slot of it is lent", () => {
  aPool("worktree");
  ofRoot(join(pool.mainRepository, "objects"));
  expect(check().pools[0]?.problems).toMatchObject([{ code: "ownership" }]);
  expect(program("allocate", "demo").status).toBe(1);
  expect(program("recover")).toMatchObject({ status: 0 });
});

test.runIf(isRoot)("files that git replaces may be root's, and so may an allocated slot's for now", () => {
  aPool("clone");
  const gitDirectory = join(pool.slotPath(1), ".git");
  ofRoot(...["HEAD", "index", "config", "refs/heads/main"].map((name) => join(gitDirectory, name)));
  expect(commit().status).toBe(0);
  expect(check().pools[0]?.problems).toEqual([]);
  ofRoot(join(gitDirectory, "objects"));
  pool.writeRecord(1, { state: "allocated", last_allocated_at: new Date().toISOString().slice(0, 19) });
  execFileSync("chown", ["1000:1000", pool.recordPath(1)]);
  const recovered = program("recover", "--json");
  expect([recovered.status, recovered.stdout]).toEqual([4, expect.stringContaining('"allocated"')]);
});
