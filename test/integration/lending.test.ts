import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import type { SidecarConfig } from "../../src/config/sidecar-config.ts";
import { onGitCommandEnded } from "../../src/git/run/git-events.ts";
import { tryAcquireSlotLock } from "../../src/pool/locks/slot-lock.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { git, RealPool } from "../kit/real-pool.ts";

let pool: RealPool;
let manager: PoolManager;

beforeEach(() => {
  pool = new RealPool(3);
  manager = new PoolManager({ config: configOf() });
});

afterEach(() => {
  pool.destroy();
});

function configOf(more: Partial<SidecarConfig> = {}): SidecarConfig {
  const defaults = createDefaultConfig(pool.root);
  const recovery = { ...defaults.recovery, lockTimeoutSeconds: 0.2 };
  return { ...defaults, recovery, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir, ...more };
}

function record(number: number): Record<string, unknown> {
  return JSON.parse(readFileSync(join(pool.slotPath(number), "slot.json"), "utf8")) as Record<
    string,
    unknown
  >;
}

function change(number: number, changes: object): void {
  writeFileSync(join(pool.slotPath(number), "slot.json"), JSON.stringify({ ...record(number), ...changes }));
}

function commitToOrigin(name: string, text: string): string {
  const clone = join(pool.root, `author-${name}`);
  git(pool.root, "clone", "-q", pool.origin, clone);
  writeFileSync(join(clone, name), text);
  git(clone, "add", ".");
  git(clone, "commit", "-q", "-m", name);
  git(clone, "push", "-q", "origin", "HEAD:main");
  return git(clone, "rev-parse", "HEAD");
}

/** Every file below a directory with its content. */
function filesBelow(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.isFile());
  return new Map(files.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

/** True if one of the salvages gives a file of this content back. */
async function isSaved(text: string): Promise<boolean> {
  for (const { id } of listSalvages(pool.stateDir)) {
    const { stateDir, workspacesDir } = pool;
    const directory = join(pool.root, `restored-${id}`);
    if (!existsSync(directory))
      await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    if ([...filesBelow(directory).values()].includes(text)) return true;
  }
  return false;
}

test("an allocation takes the slot used last, counts itself and says what is checked out", async () => {
  change(2, { last_released_at: "2026-05-01T10:00:00.000000", unknown_field: { kept: true } });
  const slot = await manager.allocateSlot("demo", { metadata: { agent: "a1" } });
  expect(slot?.slotId).toBe(pool.slotId(2));
  expect(slot?.path).toBe(pool.slotPath(2));
  expect(record(2)).toMatchObject({
    state: "allocated",
    allocation_count: 1,
    last_allocated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
    current_branch: "main",
    current_commit: git(pool.slotPath(2), "rev-parse", "HEAD"),
    metadata: { agent: "a1" },
    unknown_field: { kept: true },
  });
});

test("an allocated slot knows the newest commits of the remote, and its branch stays where it was", async () => {
  const before = git(pool.slotPath(1), "rev-parse", "HEAD");
  const newest = commitToOrigin("news.txt", "news\n");
  const slot = await manager.allocateSlot("demo");
  expect(git(slot?.path ?? "", "rev-parse", "origin/main")).toBe(newest);
  expect(git(slot?.path ?? "", "rev-parse", "HEAD")).toBe(before);
  expect(git(slot?.path ?? "", "fsck", "--full")).toBe("");
});

test("a release cleans the slot, keeps its branch and its commits, and counts the time of use", async () => {
  const slot = await manager.allocateSlot("demo");
  const path = slot?.path ?? "";
  git(path, "checkout", "-q", "-b", "work");
  writeFileSync(join(path, "done.txt"), "committed\n");
  git(path, "add", ".");
  git(path, "commit", "-q", "-m", "done");
  const tip = git(path, "rev-parse", "HEAD");
  writeFileSync(join(path, "file.txt"), "edited and not committed\n");
  writeFileSync(join(path, "new.txt"), "never added\n");
  change(1, { last_allocated_at: "2020-01-01T00:00:00.000000" });
  const released = await manager.releaseSlot(pool.slotId(1));
  expect(released.record).toMatchObject({ state: "available", currentBranch: "work", currentCommit: tip });
  expect(record(1)["total_usage_seconds"]).toBeGreaterThan(1e8);
  expect(git(path, "status", "--porcelain", "--ignored")).toBe("!! slot.json");
  expect(readFileSync(join(path, "file.txt"), "utf8")).toBe("content\n");
  expect(await isSaved("edited and not committed\n")).toBe(true);
  expect(await isSaved("never added\n")).toBe(true);
});

test("what cleans a slot holds its lock until it has ended, also if the program is killed before", async () => {
  const children: ChildProcess[] = [];
  const remember = (message: unknown): void => {
    children.push((message as { process: ChildProcess }).process);
  };
  await manager.allocateSlot("demo");
  writeFileSync(join(pool.slotPath(1), "new.txt"), "never added\n");
  writeFileSync(join(pool.slotPath(1), "file.txt"), "edited\n");
  subscribe("child_process", remember);
  await manager.releaseSlot(pool.slotId(1));
  unsubscribe("child_process", remember);
  const cleaning = children.filter(({ spawnargs }) =>
    ["clean", "reset"].some((name) => spawnargs.includes(name)),
  );
  expect(cleaning.length).toBeGreaterThan(1);
  // The fourth is the lock: in front of it are the three standard streams.
  for (const { stdio } of cleaning) expect(stdio).toHaveLength(4);
});

test("a slot that is broken, isolated, locked or lent is never handed out", async () => {
  writeFileSync(join(pool.slotPath(1), ".git", "HEAD"), "");
  change(2, {
    state: "error",
    metadata: { isolated_at: "2026-05-01T10:00:00.000000", isolation_reason: "disk" },
  });
  const lock = tryAcquireSlotLock(pool.lockPath(3));
  const result = await manager.allocateSlotDetailed("demo");
  expect(result).toMatchObject({
    kind: "none_available",
    passedOver: [
      { slotId: pool.slotId(1), reason: "corrupted" },
      { slotId: pool.slotId(3), reason: "lock_held" },
    ],
  });
  if (lock.kind === "held") lock.release();
  expect((await manager.allocateSlot("demo"))?.slotId).toBe(pool.slotId(3));
  expect(await manager.allocateSlot("demo")).toBeUndefined();
});

test("only an allocated slot is released, and never one whose lock is held", async () => {
  await expect(manager.releaseSlot(pool.slotId(1))).rejects.toMatchObject({ code: "NOT_ALLOCATED" });
  await expect(manager.releaseSlot("workspace-demo-slot9")).rejects.toMatchObject({ code: "SLOT_UNKNOWN" });
  change(1, { state: "allocated" });
  const lock = tryAcquireSlotLock(pool.lockPath(1));
  await expect(manager.releaseSlot(pool.slotId(1))).rejects.toMatchObject({ code: "LOCK_HELD" });
  if (lock.kind === "held") lock.release();
  expect(record(1)["state"]).toBe("allocated");
});

test("a change that the index hides is undone and saved all the same", async () => {
  await manager.allocateSlot("demo");
  const path = pool.slotPath(1);
  git(path, "update-index", "--assume-unchanged", "file.txt");
  writeFileSync(join(path, "file.txt"), "poisoned\n");
  await manager.releaseSlot(pool.slotId(1));
  expect(readFileSync(join(path, "file.txt"), "utf8")).toBe("content\n");
  expect(git(path, "ls-files", "-v", "file.txt")).toBe("H file.txt");
});

test("an interrupted merge does not greet the next agent, and is kept in quarantine", async () => {
  const path = pool.slotPath(1);
  change(1, { state: "allocated" });
  writeFileSync(join(path, ".git", "MERGE_HEAD"), `${git(path, "rev-parse", "HEAD")}\n`);
  mkdirSync(join(path, ".git", "rebase-merge"));
  writeFileSync(join(path, ".git", "rebase-merge", "onto"), "the rebase\n");
  await manager.releaseSlot(pool.slotId(1));
  expect(existsSync(join(path, ".git", "MERGE_HEAD"))).toBe(false);
  expect([...filesBelow(join(pool.stateDir, "quarantine")).values()]).toContain("the rebase\n");
});

test("the conflicts of a merge that was given back are resolved by no commit of the next agent", async () => {
  const path = pool.slotPath(1);
  change(1, { state: "allocated" });
  git(path, "config", "rerere.enabled", "true");
  const base = git(path, "rev-parse", "HEAD");
  for (const name of ["theirs", "ours"]) {
    git(path, "checkout", "-q", "-b", name, base);
    writeFileSync(join(path, "file.txt"), `${name}\n`);
    git(path, "commit", "-q", "-a", "-m", name);
  }
  const merge = (): string => git(path, "merge", "-q", "theirs");
  expect(merge).toThrow();
  await manager.releaseSlot(pool.slotId(1));
  git(path, "commit", "-q", "--allow-empty", "-m", "the next agent's");
  expect(merge).toThrow();
  expect(readFileSync(join(path, "file.txt"), "utf8")).toContain("theirs\n");
  git(path, "merge", "--abort");
  git(path, "commit", "-q", "--allow-empty", "-m", "leaves an empty list");
  change(1, { state: "allocated" });
  const before = [...filesBelow(join(pool.stateDir, "quarantine")).keys()];
  await manager.releaseSlot(pool.slotId(1));
  expect([...filesBelow(join(pool.stateDir, "quarantine")).keys()]).toEqual(before);
});

test("an interrupted merge of notes is saved, and stops no merge of the next agent", async () => {
  const path = pool.slotPath(1);
  change(1, { state: "allocated" });
  for (const ref of ["one", "two"]) git(path, "notes", `--ref=${ref}`, "add", "-m", ref, "HEAD");
  const mergeNotes = (): string => git(path, "notes", "--ref=one", "merge", "two");
  expect(mergeNotes).toThrow();
  const [id = ""] = readdirSync(join(path, ".git", "NOTES_MERGE_WORKTREE"));
  writeFileSync(join(path, ".git", "NOTES_MERGE_WORKTREE", id), "resolved\n");
  await manager.releaseSlot(pool.slotId(1));
  expect([...filesBelow(join(pool.stateDir, "quarantine")).values()]).toContain("resolved\n");
  expect(listSalvages(pool.stateDir)).toHaveLength(1);
  expect(git(path, "notes", "--ref=two", "merge", "-s", "ours", "one")).not.toContain("not concluded");
});

test("a fetch that brings nothing new is no failure", async () => {
  const result = await manager.allocateSlotDetailed("demo");
  expect(result).toMatchObject({ kind: "allocated", warnings: [] });
});

test("a remote that is down makes a slot stale, not unusable", async () => {
  git(pool.root, "clone", "-q", "--bare", pool.origin, `${pool.origin}.moved`);
  writeFileSync(
    join(pool.workspacesDir, "demo", "pool.json"),
    poolJson({ repo_url: `file://${pool.root}/gone.git` }),
  );
  for (const number of [1, 2, 3])
    git(pool.slotPath(number), "remote", "set-url", "origin", `file://${pool.root}/gone.git`);
  const result = await manager.allocateSlotDetailed("demo");
  expect(result).toMatchObject({ kind: "allocated", warnings: [expect.stringContaining("not fetched")] });
});

function poolJson(changes: object): string {
  const path = join(pool.workspacesDir, "demo", "pool.json");
  return JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...changes });
}

test("a file of the repository that is named slot.json does not replace the pool's", async () => {
  commitToOrigin("slot.json", "{}\n");
  const path = pool.slotPath(1);
  const own = readFileSync(join(path, "slot.json"));
  git(path, "fetch", "-q");
  git(path, "reset", "-q", "--hard", "origin/main");
  writeFileSync(join(path, "slot.json"), own);
  change(1, { state: "allocated" });
  await manager.releaseSlot(pool.slotId(1));
  expect(record(1)).toMatchObject({ slot_id: pool.slotId(1), state: "available" });
});

test("files of a filter that nobody trusted defines are left as they are", async () => {
  const path = pool.slotPath(1);
  writeFileSync(join(path, ".gitattributes"), "*.bin filter=of-nobody\n");
  writeFileSync(join(path, "big.bin"), "pointer\n");
  git(path, "add", ".gitattributes", "big.bin");
  git(path, "commit", "-q", "-m", "a large file");
  writeFileSync(join(path, "big.bin"), "the large file itself\n");
  writeFileSync(join(path, "file.txt"), "edited\n");
  change(1, { state: "allocated" });
  await manager.releaseSlot(pool.slotId(1));
  expect(readFileSync(join(path, "big.bin"), "utf8")).toBe("the large file itself\n");
  expect(readFileSync(join(path, "file.txt"), "utf8")).toBe("content\n");
});

test("an edit of a file whose attribute names no filter is saved, and does not stay", async () => {
  const path = pool.slotPath(1);
  writeFileSync(join(path, ".gitattributes"), "*.txt filter\n");
  git(path, "add", ".gitattributes");
  git(path, "commit", "-q", "-m", "an attribute");
  writeFileSync(join(path, "file.txt"), "edited\n");
  change(1, { state: "allocated" });
  await manager.releaseSlot(pool.slotId(1));
  expect(readFileSync(join(path, "file.txt"), "utf8")).toBe("content\n");
  expect(git(path, "status", "--porcelain")).toBe("");
});

describe("with filters that the user's own configuration defines", () => {
  const clean = { lfs: "sha256sum", strip: "sed '/^output/d'" };

  beforeEach(() => {
    const settings = join(pool.root, "gitconfig");
    const section = ([name, command]: string[]) =>
      `[filter "${name}"]\n\tclean = ${command}\n\tsmudge = cat\n\trequired = true\n`;
    writeFileSync(settings, Object.entries(clean).map(section).join(""));
    vi.stubEnv("GIT_CONFIG_GLOBAL", settings);
    // Where git-lfs is installed, the system's configuration has its filter too.
    vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function commitFiltered(filter: keyof typeof clean): string {
    const path = pool.slotPath(1);
    const file = join(path, "big.bin");
    writeFileSync(join(path, ".gitattributes"), `*.bin filter=${filter}\n`);
    writeFileSync(file, "the large file itself\n");
    git(path, "-c", `filter.${filter}.clean=${clean[filter]}`, "add", ".gitattributes", "big.bin");
    git(path, "commit", "-q", "-m", "a large file");
    git(path, "push", "-q", "origin", "HEAD:large");
    change(1, { state: "allocated" });
    return file;
  }

  test("a release saves nothing for files of Git LFS that are as they were committed", async () => {
    const file = commitFiltered("lfs");
    utimesSync(file, 1_700_000_000, 1_700_000_000);
    const commands: string[] = [];
    onTestFinished(onGitCommandEnded(({ command }) => commands.push(command)));
    await manager.releaseSlot(pool.slotId(1));
    expect(listSalvages(pool.stateDir)).toEqual([]);
    // Each runs the filter over the file.
    expect(commands.filter((command) => command === "status")).toHaveLength(1);
    expect(readFileSync(file, "utf8")).toBe("the large file itself\n");
  });

  test.each(["lfs", "strip"] as const)(
    "a release saves an edit that the filter %s may hide",
    async (filter) => {
      const file = commitFiltered(filter);
      writeFileSync(file, "the large file itself\noutput\n");
      await manager.releaseSlot(pool.slotId(1));
      expect(await isSaved("the large file itself\noutput\n")).toBe(true);
    },
  );
});

test("a release of a broken slot saves what is readable and takes the slot out of rotation", async () => {
  change(1, { state: "allocated" });
  writeFileSync(join(pool.slotPath(1), "work.txt"), "work of a broken slot\n");
  writeFileSync(join(pool.slotPath(1), ".git", "HEAD"), "");
  await expect(manager.releaseSlot(pool.slotId(1))).rejects.toMatchObject({ code: "CORRUPTED" });
  expect(record(1)).toMatchObject({
    state: "error",
    metadata: { error_reason: expect.stringContaining("HEAD") },
  });
  expect(await isSaved("work of a broken slot\n")).toBe(true);
  expect(await manager.recoverSlot(pool.slotId(1))).toBe(true);
  expect(record(1)["state"]).toBe("available");
});

test("work that has no place to be kept is not cleaned away: the slot stays allocated until it has one", async () => {
  change(1, { state: "allocated" });
  writeFileSync(join(pool.slotPath(1), "work.txt"), "work\n");
  mkdirSync(pool.stateDir);
  writeFileSync(join(pool.stateDir, "salvage"), "a file where a directory belongs");
  await expect(manager.releaseSlot(pool.slotId(1))).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
  expect(readFileSync(join(pool.slotPath(1), "work.txt"), "utf8")).toBe("work\n");
  expect(record(1)).toMatchObject({ state: "allocated" });
  rmSync(join(pool.stateDir, "salvage"));
  await manager.releaseSlot(pool.slotId(1));
  expect(record(1)).toMatchObject({ state: "available" });
});

test.each(["index", "HEAD", "config", "refs/heads/main"])(
  "a slot whose %s is locked is not lent",
  async (name) => {
    writeFileSync(join(pool.slotPath(1), ".git", `${name}.lock`), "");
    change(1, { last_released_at: "2026-05-01T10:00:00.000000" });
    expect((await manager.allocateSlot("demo"))?.slotId).toBe(pool.slotId(2));
    expect(record(1)).toMatchObject({ state: "available", allocation_count: 0 });
  },
);

test("nothing is left in staging, and no git directory of ours in the slot", async () => {
  await manager.allocateSlot("demo");
  await manager.releaseSlot(pool.slotId(1));
  expect(readdirSync(join(pool.stateDir, "staging"))).toEqual([]);
  expect(readdirSync(join(pool.slotPath(1), ".git")).filter((name) => name.endsWith(".lock"))).toEqual([]);
});
