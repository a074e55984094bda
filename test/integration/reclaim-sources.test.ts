import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { forgetReturned } from "../../src/salvage/reclaimed-slot.ts";
import type { SourceSettings } from "../../src/pool/sources/source.ts";
import { createReclaimReport } from "../../src/views/reclaim-report.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { ageTree } from "../kit/age-tree.ts";
import { git } from "../kit/real-pool.ts";
import { digestTree } from "../kit/tree-digest.ts";

let trees: AgentTrees;

beforeEach(() => {
  trees = new AgentTrees(["one", "two", "three"]);
});

afterEach(() => {
  trees.destroy();
});

function age(name: string, days: number): void {
  for (const path of [trees.tree(name), trees.admin(name)]) ageTree(path, days);
}

async function reclaimAll(changes: Partial<SourceSettings>) {
  return createReclaimReport(await trees.manager(trees.source({ allow: ["reclaim"], ...changes })).reclaim());
}

const pathsOf = ({ slots }: Awaited<ReturnType<typeof reclaimAll>>, wanted: string): string[] =>
  slots.filter(({ outcome }) => outcome === wanted).map(({ slot_path: path }) => path);

test("a source that does not allow it loses no slot, whatever its age", async () => {
  age("one", 30);
  const allow = ["report", "move_git_lock", "repair"] as const;
  expect((await reclaimAll({ allow })).slots).toEqual([]);
  const manager = trees.manager(trees.source({ allow }));
  const { slots } = createReclaimReport(await manager.reclaim({ slots: [trees.tree("one")] }));
  expect(slots).toMatchObject([{ outcome: "refused", reason: "not_permitted" }]);
  expect(existsSync(trees.tree("one"))).toBe(true);
});

test("max_age takes what was without activity for longer; a week without any limit", async () => {
  age("one", 3);
  age("two", 8);
  expect(pathsOf(await reclaimAll({}), "done")).toEqual([trees.tree("two")]);
  expect(pathsOf(await reclaimAll({ reclaim: { maxAgeSeconds: 86_400 } }), "done")).toEqual([
    trees.tree("one"),
  ]);
});

test("max_bytes takes the least recently active until the rest fits, and spares what is used", async () => {
  for (const [name, days] of [
    ["one", 1],
    ["two", 2],
    ["three", 3],
  ] as const) {
    writeFileSync(join(trees.tree(name), "large"), Buffer.alloc(1_000_000, name));
    age(name, days);
  }
  git(trees.repository, "worktree", "lock", trees.tree("three"));
  const report = await reclaimAll({ reclaim: { maxBytes: 2_500_000 } });
  expect(pathsOf(report, "done")).toEqual([trees.tree("two")]);
  expect(pathsOf(report, "refused")).toEqual([trees.tree("three")]);
});

test("what the limits selected and somebody used before its turn is kept, and the journal says that the others were idle", async () => {
  writeFileSync(join(trees.tree("two"), "large"), randomBytes(30_000_000));
  age("one", 9);
  age("two", 8);
  const running = reclaimAll({});
  while (existsSync(trees.tree("one"))) await setTimeout(2);
  writeFileSync(join(trees.tree("two"), "file.txt"), "changed\n");
  const { slots } = await running;
  expect(slots.find(({ slot_path: path }) => path === trees.tree("two"))).toMatchObject({
    outcome: "refused",
    reason: "too_recent",
  });
  expect(slots.find(({ slot_path: path }) => path === trees.tree("one"))).toMatchObject({
    outcome: "done",
    reason: "idle_too_long",
  });
  expect(readFileSync(join(trees.tree("two"), "file.txt"), "utf8")).toBe("changed\n");
});

test("a checkout goes with its repository where its source allows it, and comes back", async () => {
  writeFileSync(join(trees.checkout, "new"), "unsaved\n");
  const before = digestTree(trees.checkout);
  const source = trees.source({
    name: "copies",
    kind: "checkouts",
    repositories: [],
    paths: [trees.checkout],
    allow: ["reclaim"],
  });
  const manager = trees.manager(source);
  const { slots } = createReclaimReport(await manager.reclaim({ slots: [trees.checkout] }));
  expect(slots).toMatchObject([{ outcome: "done", salvage_id: expect.any(String) as string }]);
  expect(existsSync(trees.checkout)).toBe(false);
  expect(await manager.undoReclaim(slots[0]!.reclaim_id!)).toMatchObject({ actions: [{ outcome: "done" }] });
  expect(digestTree(trees.checkout)).toEqual(before);
});

test("a repository with linked work trees is never moved", async () => {
  const source = trees.source({
    name: "copies",
    kind: "checkouts",
    repositories: [],
    paths: [trees.repository],
    allow: ["reclaim"],
  });
  const { slots } = createReclaimReport(await trees.manager(source).reclaim({ slots: [trees.repository] }));
  expect(slots).toMatchObject([{ outcome: "refused", reason: "needed_elsewhere" }]);
});

/** As git-new-workdir makes it. */
function linkRepository(repository: string, workTree: string): void {
  mkdirSync(join(workTree, ".git"), { recursive: true });
  for (const name of ["config", "objects", "packed-refs", "refs"])
    symlinkSync(join(repository, ".git", name), join(workTree, ".git", name));
  copyFileSync(join(repository, ".git", "HEAD"), join(workTree, ".git", "HEAD"));
  git(workTree, "reset", "-q", "--hard");
}

test.each([
  [
    "borrows objects from",
    (path: string) => git(trees.root, "clone", "-q", "--shared", trees.checkout, path),
    { outcome: "done" },
  ],
  [
    "has by symbolic links",
    (path: string) => {
      linkRepository(trees.checkout, path);
    },
    { outcome: "refused", reason: "unsupported" },
  ],
] as const)("a checkout that another one %s is never moved", async (_, make, ofBorrower) => {
  const borrower = join(trees.root, "borrower");
  make(borrower);
  const source = trees.source({
    name: "copies",
    kind: "checkouts",
    repositories: [],
    paths: [trees.checkout, borrower],
    allow: ["reclaim"],
  });
  const report = await trees.manager(source).reclaim({ slots: [trees.checkout, borrower] });
  const { slots } = createReclaimReport(report);
  expect(slots.find(({ slot_path: path }) => path === trees.checkout)).toMatchObject({
    outcome: "refused",
    reason: "needed_elsewhere",
    detail: `${borrower} borrows objects from ${trees.checkout}`,
  });
  expect(slots.find(({ slot_path: path }) => path === borrower)).toMatchObject(ofBorrower);
});

test("what is kept on a disk that is not mounted comes back once it is, and is not said to be back before", async () => {
  const quarantineDir = join(trees.root, "disk", "quarantine");
  mkdirSync(quarantineDir, { recursive: true });
  const manager = trees.manager(trees.source({ allow: ["reclaim"], reclaim: { quarantineDir } }));
  const { slots } = createReclaimReport(await manager.reclaim({ slots: [trees.tree("one")] }));
  const id = slots[0]!.reclaim_id!;
  renameSync(join(trees.root, "disk"), join(trees.root, "unmounted"));
  expect(await manager.undoReclaim(id)).toMatchObject({
    actions: [{ outcome: "refused", reason: "vantage_suspect" }],
  });
  // As the recovery from a kill does with every record.
  forgetReturned(join(trees.stateDir, "quarantine", id));

  renameSync(join(trees.root, "unmounted"), join(trees.root, "disk"));
  expect(await manager.undoReclaim(id)).toMatchObject({ actions: [{ outcome: "done" }] });
  expect(git(trees.tree("one"), "status", "--short")).toBe("");
});

test("a checkout that is kept where its source looks is no slot of it", async () => {
  const paths = ["*", "*/*/*"].map((pattern) => join(trees.root, "src", pattern));
  const quarantineDir = join(trees.root, "src", "kept");
  const source = {
    ...trees.source({ allow: ["reclaim"] }),
    kind: "checkouts",
    paths,
    reclaim: { quarantineDir },
  } as const;
  const manager = trees.manager(source);
  const { slots } = createReclaimReport(await manager.reclaim({ slots: [trees.checkout] }));
  const id = slots[0]!.reclaim_id!;
  expect(existsSync(join(quarantineDir, id))).toBe(true);
  const { pools } = await manager.snapshot();
  const watched = pools.flatMap((pool) => pool.slots.map(({ path }) => path));
  expect(watched.filter((path) => path.startsWith(quarantineDir))).toEqual([]);
  expect(await manager.undoReclaim(id)).toMatchObject({ actions: [{ outcome: "done" }] });
});

const otherFileSystem = "/dev/shm";
const hasOther = existsSync(otherFileSystem) && statSync(otherFileSystem).dev !== statSync("/tmp").dev;

test.runIf(hasOther)(
  "across file systems nothing is copied: a quarantine_dir that would work is named, and does",
  async () => {
    const elsewhere = new AgentTrees();
    const stateDir = join(otherFileSystem, `repo-pool-sidecar-test-${process.pid}`);
    try {
      mkdirSync(stateDir);
      const { PoolManager } = await import("../../src/pool-manager.ts");
      const { createDefaultConfig } = await import("../../src/config/default-config.ts");
      const managerOf = (quarantineDir?: string) =>
        new PoolManager({
          config: {
            ...createDefaultConfig(elsewhere.root),
            stateDir,
            sources: [elsewhere.source({ allow: ["reclaim"], reclaim: { quarantineDir } })],
          },
        });
      const path = elsewhere.tree("one");
      const refused = createReclaimReport(await managerOf().reclaim({ slots: [path] }));
      expect(refused.slots).toMatchObject([{ outcome: "refused", reason: "other_file_system" }]);
      const named = /`reclaim\.quarantine_dir: ([^`]+)`/.exec(refused.slots[0]!.detail)?.[1];
      expect(named).toBeDefined();
      const usable = join(elsewhere.root, "quarantine");
      const { slots } = createReclaimReport(await managerOf(usable).reclaim({ slots: [path] }));
      expect(slots).toMatchObject([{ outcome: "done" }]);
      expect(readFileSync(join(usable, slots[0]!.reclaim_id!, "tree", "file.txt"), "utf8")).toBe("content\n");
      await managerOf(usable).undoReclaim(slots[0]!.reclaim_id!);
      expect(git(path, "status", "--short")).toBe("");
    } finally {
      elsewhere.destroy();
      (await import("node:fs")).rmSync(stateDir, { recursive: true, force: true });
    }
  },
);
