import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readUnsavedWork } from "../../src/inspection/deep/unsaved-work.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { restoreWork } from "../../src/salvage/restore/restore-work.ts";
import { listSalvages } from "../../src/salvage/salvage-store.ts";
import { managerOf } from "../kit/manager-of.ts";
import { git, RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { addSubmodule, SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;

afterEach(() => {
  pool.destroy();
});

function unsavedKinds(): Promise<string[]> {
  const options = { holdsRecord: pool.layout === "clone", timeoutSeconds: 60 };
  return readUnsavedWork(new SlotPlace(pool, 1), pool.slotPath(1), options);
}

/** What the salvages give back under this name. */
async function savedAs(name: string): Promise<string[]> {
  const { stateDir, workspacesDir } = pool;
  const found: string[] = [];
  for (const { id } of listSalvages(stateDir)) {
    const directory = join(pool.root, `restored-${id}`);
    await restoreWork({ id, directory, stateDir, workspacesDir, now: new Date() });
    if (existsSync(join(directory, name))) found.push(readFileSync(join(directory, name), "utf8"));
  }
  return found;
}

const mine = '{"symbols": ["cherry", "bell"]}';

describe("a slot.json in the work tree of a worktree slot", () => {
  test("is saved before a release and cleaned away, and the record beside stays", async () => {
    pool = new RealPool(1, "worktree");
    pool.writeRecord(1, { state: "allocated" });
    const path = join(pool.slotPath(1), "slot.json");
    writeFileSync(path, mine);
    expect(await unsavedKinds()).toEqual(["untracked"]);
    expect(await managerOf(pool).releaseSlot(pool.slotId(1))).toBeDefined();
    expect(await savedAs("slot.json")).toEqual([mine]);
    expect(existsSync(path)).toBe(false);
    expect(JSON.parse(readFileSync(pool.recordPath(1), "utf8"))).toMatchObject({ state: "available" });
  });

  test("is saved with the slot that is removed", async () => {
    pool = new RealPool(1, "worktree");
    writeFileSync(join(pool.slotPath(1), "slot.json"), mine);
    await managerOf(pool).removeSlot(pool.slotId(1), { force: false });
    expect(await savedAs("slot.json")).toEqual([mine]);
  });

  test("is reset to what HEAD has if the repository tracks one", async () => {
    pool = new RealPool(1, "worktree");
    const path = join(pool.slotPath(1), "slot.json");
    writeFileSync(path, "tracked\n");
    git(pool.slotPath(1), "add", ".");
    git(pool.slotPath(1), "commit", "-q", "-m", "slot.json");
    pool.writeRecord(1, { state: "allocated" });
    writeFileSync(path, mine);
    expect(await unsavedKinds()).toContain("uncommitted");
    await managerOf(pool).releaseSlot(pool.slotId(1));
    expect(await savedAs("slot.json")).toEqual([mine]);
    expect(readFileSync(path, "utf8")).toBe("tracked\n");
  });
});

describe("a slot.json in a clone slot", () => {
  test("is the pool's record and no work, unless an agent staged something under that name", async () => {
    pool = new RealPool(1);
    expect(await unsavedKinds()).toEqual([]);
    const record = readFileSync(pool.recordPath(1), "utf8");
    writeFileSync(pool.recordPath(1), mine);
    git(pool.slotPath(1), "add", "-f", "slot.json");
    writeFileSync(pool.recordPath(1), record);
    expect(await unsavedKinds()).toEqual(["uncommitted"]);
  });

  test("is an agent's file below the top, and in a submodule", async () => {
    pool = new RealPool(1);
    mkdirSync(join(pool.slotPath(1), "deep"));
    writeFileSync(join(pool.slotPath(1), "deep", "slot.json"), mine);
    expect(await unsavedKinds()).toEqual(["untracked"]);
    addSubmodule(new SlotPlace(pool, 1));
    git(join(pool.slotPath(1), "parts", "one"), "checkout", "-q", "--detach");
    git(pool.slotPath(1), "push", "-q", "origin", "HEAD:more");
    git(pool.slotPath(1), "fetch", "-q");
    git(pool.slotPath(1), "clean", "-fdxq", "deep");
    expect(await unsavedKinds()).toEqual([]);
    writeFileSync(join(pool.slotPath(1), "parts", "one", "slot.json"), mine);
    expect(await unsavedKinds()).toEqual(["untracked"]);
  });

  test("is restored, and nothing is written into another slot, if the info of git is a link into it", async () => {
    pool = new RealPool(2);
    const [own, other] = [1, 2].map((number) => join(pool.slotPath(number), ".git", "info"));
    const before = readFileSync(join(other ?? "", "exclude"), "utf8");
    await rememberPool(pool);
    rmSync(own ?? "", { recursive: true });
    symlinkSync(other ?? "", own ?? "");
    writeFileSync(pool.recordPath(1), "");
    expect(await managerOf(pool).autoRecover({})).toMatchObject({ corruptedRecovered: 1 });
    expect(readFileSync(join(other ?? "", "exclude"), "utf8")).toBe(before);
  });
});

describe("a record that the pool manager wrote in Python", () => {
  function writeAllocated(change: (text: string) => string | Buffer): void {
    pool = new RealPool(1);
    pool.writeRecord(1, {
      state: "allocated",
      last_allocated_at: formatPoolTime(new Date(), systemTimeZone()),
    });
    writeFileSync(pool.recordPath(1), change(readFileSync(pool.recordPath(1), "utf8")));
  }
  const readText = (): string => readFileSync(pool.recordPath(1), "utf8");

  test("is sound with numbers that only Python has, and a release leaves these as they are", async () => {
    const metadata = '"metadata": {"job": 1234567890123456789, "loss": NaN, "best": -Infinity}';
    writeAllocated((text) => text.replace('"metadata": {}', metadata));
    expect(await managerOf(pool).detectCorruptedSlots()).toEqual([]);

    await managerOf(pool).releaseSlot(pool.slotId(1));

    for (const kept of ['"job": 1234567890123456789', '"loss": NaN', '"best": -Infinity'])
      expect(readText()).toContain(kept);
    expect(readText()).toContain('"state": "available"');
  });

  test.each<[string, (text: string) => string | Buffer]>([
    ["is cut off", (text) => text.slice(0, text.indexOf("allocation_count"))],
    [
      "is not UTF-8",
      (text) => Buffer.from(text.replace('"metadata": {}', '"metadata": {"x": "\xe9"}'), "latin1"),
    ],
  ])("that %s is no sound one, and its slot stays allocated if it says so", async (_, change) => {
    writeAllocated(change);
    expect(await managerOf(pool).detectCorruptedSlots()).toMatchObject([{ reasons: ["slot_json_invalid"] }]);

    const report = await managerOf(pool).autoRecover();

    expect(report).toMatchObject({ corruptedRecovered: 1, errors: [] });
    expect(JSON.parse(readText())).toMatchObject({ state: "allocated" });
  });
});
