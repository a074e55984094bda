import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { claimIncoming } from "../../src/salvage/abandoned-salvage.ts";
import { findQuarantinedSlot } from "../../src/salvage/retention/quarantined-slot.ts";
import { findDamagedFiles } from "../../src/salvage/salvage-manifest.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { saveDirectory } from "../../src/salvage/save/save-directory.ts";
import { SalvageRoom } from "../../src/salvage/save/salvage-room.ts";
import { saveWork } from "../../src/salvage/save/save-work.ts";
import { SlotPlace } from "../kit/slot-place.ts";
import { RealPool } from "../kit/real-pool.ts";
import { saveAndRestore, salvagePlaceOf } from "../kit/salvage-place.ts";
import { addHistory, leaveWork, readableMarkers } from "../kit/working-slot.ts";

const library = fileURLToPath(new URL("../../dist/library/index.js", import.meta.url));
let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

/** A program of somebody else's that releases a slot: the work is saved in it, with files of at most so many blocks. */
function releaseInAnotherProcess(mostBlocks = "unlimited") {
  const { workspacesDir, stateDir } = pool;
  const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
  const script = `
    import { PoolManager } from ${JSON.stringify(library)};
    const manager = new PoolManager({ config: ${JSON.stringify(config)} });
    console.log(JSON.stringify(await manager.releaseSlotDetailed(${JSON.stringify(pool.slotId(1))})));`;
  const limited = ["-c", 'ulimit -f "$0"; exec "$@"', mostBlocks];
  const child = spawn("sh", [...limited, process.execPath, "--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<string>((resolve) =>
    child.once("close", () => {
      resolve(output);
    }),
  );
  return { child, ended };
}

const incoming = (): string[] => {
  const directory = join(pool.stateDir, "salvage");
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => name.endsWith(".incoming")).map((name) => join(directory, name));
};

test.each(["owner.json", "repository.git/HEAD"])(
  "a save that is killed once it has %s counts as none, and the next run removes it",
  async (moment) => {
    pool = new RealPool(1);
    leaveSlotWork();
    const before = readableMarkers(pool.slotPath(1));
    const { child, ended } = releaseInAnotherProcess();
    while (child.exitCode === null && !incoming().some((path) => existsSync(join(path, moment))))
      await sleep(2);
    child.kill("SIGKILL");
    await ended;
    expect(listSalvages(pool.stateDir)).toEqual([]);
    expect(incoming()).toHaveLength(1);
    await manager().autoRecover({});
    expect(incoming()).toEqual([]);
    expect(readableMarkers(pool.slotPath(1))).toEqual(before);
  },
);

test("a salvage is claimed until it has its name, so that a kill at any moment leaves nothing for long", async () => {
  pool = new RealPool(1);
  leaveSlotWork();
  const folder = join(pool.stateDir, "salvage", "id.incoming");
  mkdirSync(folder, { recursive: true });
  claimIncoming(folder);
  const { signal } = new AbortController();
  const source = {
    ...findQuarantinedSlot(pool.directory),
    exclude: [],
    signal,
    room: new SalvageRoom(folder, 0),
  };
  const subject = {
    id: "id",
    slot_id: pool.slotId(1),
    repo_name: "demo",
    repo_url: null,
    created_at: "2026-05-04T12:00:00Z",
    reason: "",
  };
  await saveDirectory(source, subject, folder);
  expect(existsSync(join(folder, "owner.json"))).toBe(true);
  expect(readFileSync(join(folder, "checksums.sha256"), "utf8")).not.toContain("owner.json");
  expect(findDamagedFiles(folder)).toEqual([]);
});

test("a restore that fails leaves no repository, and the next says what is in the way", async () => {
  pool = new RealPool(1);
  writeFileSync(join(pool.slotPath(1), "large.bin"), randomBytes(1024 * 1024));
  const saved = await saveWork(salvagePlaceOf(pool, 1), "test");
  const to = join(pool.root, "restored");
  const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const places = ["--workspaces-dir", pool.workspacesDir, "--state-dir", pool.stateDir];
  const args = [
    main,
    "salvage",
    "restore",
    saved.kind === "saved" ? saved.salvageId : "",
    "--to",
    to,
    ...places,
  ];
  const limited = spawnSync("sh", ["-c", 'ulimit -f 1024; exec "$@"', "sh", process.execPath, ...args]);
  expect(limited.stderr.toString()).toContain(`RESTORE_INCOMPLETE: ${to} does not have everything`);
  expect(existsSync(join(to, ".git"))).toBe(false);
  const again = spawnSync(process.execPath, args);
  expect(again.stderr.toString()).toContain("holds a restore that has not ended");
});

test("a file that is written all the while is not called saved, and nothing is left behind", async () => {
  pool = new RealPool(1);
  const path = join(pool.slotPath(1), "restless.bin");
  writeFileSync(path, randomBytes(8 * 1024 * 1024));
  let isSaving = true;
  const write = (): void => {
    if (!isSaving) return;
    appendFileSync(path, "x");
    setImmediate(write);
  };
  write();
  const result = await saveWork(salvagePlaceOf(pool, 1), "test");
  isSaving = false;
  expect(result).toMatchObject({ kind: "incomplete" });
  expect(JSON.stringify(result)).toContain("restless.bin changed while it was being saved");
  expect(readdirSync(join(pool.stateDir, "salvage"))).toEqual([]);
});

test("files that may not grow any more make a save incomplete: the slot is not cleaned, nothing is left behind", async () => {
  pool = new RealPool(1);
  leaveSlotWork();
  writeFileSync(join(pool.slotPath(1), "large.bin"), randomBytes(6 * 1024 * 1024));
  const before = readableMarkers(pool.slotPath(1));
  const said = await releaseInAnotherProcess("4096").ended;
  expect(JSON.parse(said)).toMatchObject({ reason: "salvage_incomplete" });
  expect(readdirSync(join(pool.stateDir, "salvage"))).toEqual([]);
  expect(readableMarkers(pool.slotPath(1))).toEqual(before);
});

// Only root may mount.
if (process.getuid?.() === 0) {
  test("a disk that is read-only is told as such", async () => {
    pool = new RealPool(1);
    leaveSlotWork();
    const directory = join(pool.stateDir, "salvage");
    mkdirSync(directory, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", directory]);
    try {
      const result = await saveWork(salvagePlaceOf(pool, 1), "test");
      expect(result).toMatchObject({ kind: "incomplete", detail: expect.stringContaining("EROFS") });
    } finally {
      execFileSync("umount", ["-l", directory]);
    }
  });

  test("a full disk makes a save incomplete and leaves nothing behind; with space it is whole", async () => {
    pool = new RealPool(1);
    leaveSlotWork();
    // By the look at what is free it would fit.
    writeFileSync(join(pool.slotPath(1), "large.bin"), randomBytes(4 * 1024 * 1024 - 65_536));
    const before = readableMarkers(pool.slotPath(1));
    const directory = join(pool.stateDir, "salvage");
    mkdirSync(directory, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", directory]);
    try {
      const result = await saveWork(salvagePlaceOf(pool, 1), "test");
      expect(result).toMatchObject({ kind: "incomplete", reason: "disk_space" });
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", directory]);
    }
    const restored = readableMarkers(await saveAndRestore(pool, 1));
    expect([...before].filter((marker) => !restored.has(marker))).toEqual([]);
  });
}

function manager(): PoolManager {
  const base = createDefaultConfig(pool.root);
  return new PoolManager({ config: { ...base, workspacesDir: pool.workspacesDir, stateDir: pool.stateDir } });
}

function leaveSlotWork(): void {
  addHistory(pool, 1);
  leaveWork(new SlotPlace(pool, 1));
  pool.writeRecord(1, { state: "allocated" });
}
