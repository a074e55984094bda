import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../src/journal/journal.ts";
import { pruneSaved } from "../../src/salvage/retention/prune-saved.ts";
import { StorageUsage } from "../../src/salvage/retention/storage-usage.ts";
import { readManifest } from "../../src/salvage/salvage-manifest.ts";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { restoreTo, salvagePlaceOf } from "../kit/salvage-place.ts";

let pool: RealPool;
let bases = "";

beforeEach(() => {
  pool = new RealPool(2);
  bases = join(pool.stateDir, "bases");
});

afterEach(() => {
  pool.destroy();
});

async function save(number: number, whole = false): Promise<string> {
  writeFileSync(join(pool.slotPath(number), "work.txt"), `work of ${number}\n`);
  const place = salvagePlaceOf(pool, number);
  const saved = await saveWork({ ...place, salvage: { ...place.salvage, whole } }, "test");
  if (saved.kind !== "saved") throw new Error(JSON.stringify(saved));
  return saved.salvageId;
}

const salvageOf = (id: string): string => join(pool.stateDir, "salvage", id);
const storeOf = (): string => join(bases, "demo-sha1");
const packsOf = (store: string): string[] => readdirSync(join(store, "pack")).sort();

/** The first file of it comes from the base. */
function expectWork(directory: string, number: number): void {
  expect(readFileSync(join(directory, "file.txt"), "utf8")).toBe("content\n");
  expect(readFileSync(join(directory, "work.txt"), "utf8")).toBe(`work of ${number}\n`);
  expect(git(directory, "fsck", "--full", "--no-progress", "--no-dangling")).toBe("");
}

async function restore(id: string, number: number): Promise<void> {
  const directory = await restoreTo(pool, id);
  expectWork(directory, number);
  rmSync(directory, { recursive: true });
}

function prune(): ReturnType<typeof pruneSaved> {
  return pruneSaved({
    stateDir: pool.stateDir,
    limits: { maxAgeSeconds: Infinity, minAgeSeconds: 0, maxBytes: Infinity },
    journal: new Journal(pool.stateDir),
    trigger: "command",
    now: new Date(),
    dryRun: false,
  });
}

/** A commit that the remote has and the slots have fetched. */
function moveRemoteOn(): void {
  const clone = join(pool.root, "other");
  git(pool.root, "clone", "-q", pool.url, clone);
  writeFileSync(join(clone, "later.txt"), "later\n");
  git(clone, "add", ".");
  git(clone, "commit", "-q", "-m", "later");
  git(clone, "push", "-q");
  git(pool.slotPath(2), "pull", "-q");
}

test("salvages of a pool share their base, and each comes back with remote and pool gone", async () => {
  const first = await save(1);
  const packs = packsOf(storeOf());
  const second = await save(2);
  expect(packsOf(storeOf())).toEqual(packs);
  const sizes = [first, second].map((id) => readManifest(salvageOf(id)).bytes);
  expect(sizes[1]).toBeLessThan(sizes[0] ?? 0);
  const { salvageBytes } = new StorageUsage().measure(pool.stateDir);
  expect(Math.abs(salvageBytes - sizes.reduce((sum, bytes) => sum + bytes, 0))).toBeLessThan(8192);
  rmSync(pool.origin, { recursive: true });
  rmSync(pool.directory, { recursive: true });
  await restore(first, 1);
  await restore(second, 2);
});

test("the state directory may be moved", async () => {
  const id = await save(1);
  const stateDir = join(pool.root, "moved");
  renameSync(pool.stateDir, stateDir);
  expect(git(join(stateDir, "salvage", id, "repository.git"), "show", "HEAD:file.txt")).toBe("content");
  renameSync(stateDir, pool.stateDir);
});

test("a salvage that is whole needs no base", async () => {
  const id = await save(1, true);
  expect(existsSync(bases)).toBe(false);
  await restore(id, 1);
});

test("what a salvage stands on stays as long as the salvage, and no longer", async () => {
  const first = await save(1);
  moveRemoteOn();
  const second = await save(2);
  const later = git(pool.slotPath(2), "rev-parse", "HEAD:later.txt");
  const isKept = (): boolean =>
    git(
      salvageOf(first),
      "-C",
      "repository.git",
      "cat-file",
      "--batch-all-objects",
      "--batch-check",
    ).includes(later);
  await prune();
  await restore(second, 2);
  rmSync(salvageOf(second), { recursive: true });
  expect(isKept()).toBe(true);
  expect(await prune()).toMatchObject({ kind: "pruned", errors: [] });
  expect(isKept()).toBe(false);
  await restore(first, 1);
  rmSync(salvageOf(first), { recursive: true });
  await prune();
  expect(existsSync(storeOf())).toBe(false);
});

test("what is being saved keeps its base, and a record that cannot be read keeps everything", async () => {
  const id = await save(1);
  renameSync(salvageOf(id), `${salvageOf(id)}.incoming`);
  await prune();
  expect(packsOf(storeOf())).not.toEqual([]);
  renameSync(`${salvageOf(id)}.incoming`, salvageOf(id));
  mkdirSync(salvageOf("unreadable"));
  writeFileSync(join(salvageOf("unreadable"), "base.json"), "{");
  rmSync(salvageOf(id), { recursive: true });
  expect(await prune()).toMatchObject({ kind: "pruned", errors: [expect.stringContaining("base.json")] });
  expect(packsOf(storeOf())).not.toEqual([]);
});

test("bases stay if the salvages cannot be seen, as after a move to another disk", async () => {
  const id = await save(1);
  const [salvages, elsewhere] = [join(pool.stateDir, "salvage"), join(pool.root, "elsewhere")];
  renameSync(salvages, elsewhere);
  for (const replace of [
    () => undefined,
    () => {
      symlinkSync(elsewhere, salvages);
    },
  ]) {
    replace();
    expect(await prune()).toMatchObject({ errors: [expect.stringContaining("cannot be listed")] });
  }
  rmSync(salvages);
  renameSync(elsewhere, salvages);
  await restore(id, 1);
});

test("what a killed clean-up of bases left is removed by the next", async () => {
  const id = await save(1);
  mkdirSync(join(bases, "demo-sha1.incoming", "objects", "pack"), { recursive: true });
  mkdirSync(join(bases, "old-sha1.outgoing"));
  expect(await prune()).toMatchObject({ errors: [] });
  expect(readdirSync(bases).filter((name) => name !== ".lock")).toEqual(["demo-sha1"]);
  await restore(id, 1);
});

test("a base that is lost or damaged is told by restore, and is made again by the next salvage", async () => {
  const first = await save(1);
  const [pack = ""] = packsOf(storeOf()).filter((name) => name.endsWith(".pack"));
  const content = readFileSync(join(storeOf(), "pack", pack));
  for (const name of packsOf(storeOf())) rmSync(join(storeOf(), "pack", name));
  await expect(restoreTo(pool, first)).rejects.toMatchObject({ code: "SALVAGE_DAMAGED" });
  rmSync(join(pool.root, "restored"), { recursive: true, force: true });
  const second = await save(2);
  await restore(first, 1);
  const flipped = Buffer.from(content);
  flipped.writeUInt8((flipped[40] ?? 0) ^ 0xff, 40);
  rmSync(join(storeOf(), "pack", pack));
  writeFileSync(join(storeOf(), "pack", pack), flipped);
  await expect(restoreTo(pool, second)).rejects.toMatchObject({ code: "SALVAGE_DAMAGED" });
});

test("a file with the content of another salvage's base stays when that base goes", async () => {
  moveRemoteOn();
  const other = await save(2);
  writeFileSync(join(pool.slotPath(1), "taken-over.txt"), "later\n");
  const id = await save(1);
  rmSync(salvageOf(other), { recursive: true });
  expect(await prune()).toMatchObject({ kind: "pruned", errors: [] });
  const directory = await restoreTo(pool, id);
  expect(readFileSync(join(directory, "taken-over.txt"), "utf8")).toBe("later\n");
  expectWork(directory, 1);
});

test("a long list of packed refs is kept once for several salvages, as long as one of them stands on it", async () => {
  const lists = [1, 2].map((number) => join(pool.slotPath(number), ".git", "packed-refs"));
  const commit = git(pool.slotPath(1), "rev-parse", "HEAD");
  const refs = Array.from({ length: 2000 }, (_, index) => `refs/tags/of-remote-${10_000 + index}`);
  const [known = ""] = lists.map((path) => readFileSync(path, "utf8"));
  const list = `${known}${refs.map((ref) => `${commit} ${ref}\n`).join("")}`;
  for (const path of lists) writeFileSync(path, list);
  const first = await save(1);
  const second = await save(2);
  const blob = git(pool.slotPath(1), "hash-object", lists[0] ?? "");
  const packed = (id: string): string => {
    const packs = join(salvageOf(id), "repository.git", "objects", "pack");
    const names = readdirSync(packs).filter((name) => name.endsWith(".idx"));
    return names
      .map((name) =>
        execFileSync("git", ["show-index"], { input: readFileSync(join(packs, name)), encoding: "utf8" }),
      )
      .join("\n");
  };
  for (const id of [first, second]) expect(packed(id)).not.toContain(blob);
  rmSync(salvageOf(first), { recursive: true });
  moveRemoteOn();
  const third = await save(2);
  rmSync(salvageOf(third), { recursive: true });
  expect(await prune()).toMatchObject({ kind: "pruned", errors: [] });
  const directory = await restoreTo(pool, second);
  expect(readFileSync(join(directory, ".git", "salvage", "git", "packed-refs"), "utf8")).toBe(list);
  expectWork(directory, 2);
});
