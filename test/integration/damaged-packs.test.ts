import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readAllObjectTypes } from "../../src/git/objects/object-batch.ts";
import { readPackIndex, type PackIndexEntry } from "../../src/git/packs/pack-index.ts";
import { rescuePack } from "../../src/git/packs/rescue-pack.ts";
import { ScratchRepository } from "../../src/git/scratch/scratch-repository.ts";
import { replaceByFifo } from "../kit/damage.ts";

const root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-packs-"));
const format = { idBytes: 20, isPartial: false } as const;
const sound = join(root, "sound");
const pack = join(root, "damaged.pack");
const index = join(root, "damaged.idx");
let entries: readonly PackIndexEntry[] = [];

function git(...args: string[]): void {
  execFileSync("git", ["-C", sound, "-c", "user.name=x", "-c", "user.email=x@example.com", ...args]);
}

beforeAll(() => {
  mkdirSync(sound);
  git("init", "-q");
  // Versions of one long file are deltas of each other, so that damage of one takes those that stand on it.
  const lines = Array.from({ length: 400 }, (_, number) => `line ${number} ${"x".repeat(number % 50)}\n`);
  for (let version = 0; version < 12; version++) {
    lines[version * 7] = `changed in ${version}\n`;
    writeFileSync(join(sound, "long.txt"), lines.join(""));
    writeFileSync(join(sound, `file-${version}.txt`), `content of ${version}\n`.repeat(version + 1));
    git("add", ".");
    git("commit", "-q", "-m", `version ${version}`);
  }
  git("repack", "-q", "-a", "-d");
});

beforeEach(() => {
  const folder = join(sound, ".git", "objects", "pack");
  for (const name of readdirSync(folder).filter((each) => /\.(?:pack|idx)$/.test(each))) {
    const copy = name.endsWith(".pack") ? pack : index;
    rmSync(copy, { force: true });
    copyFileSync(join(folder, name), copy);
    chmodSync(copy, 0o600);
  }
  entries = readPackIndex(index, 20)?.entries ?? [];
  expect(entries.length).toBeGreaterThan(30);
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let count = 0;

async function rescue(): Promise<Set<string>> {
  const target = new ScratchRepository(join(root, `target-${++count}`), format);
  await rescuePack({ pack, index }, new ScratchRepository(join(root, `suspect-${count}`), format), target);
  const { types, result } = await readAllObjectTypes(target.source);
  expect(result.kind).toBe("done");
  execFileSync(
    "git",
    ["--git-dir", target.directory, "fsck", "--full", "--no-dangling", "--connectivity-only"],
    {
      stdio: "ignore",
    },
  );
  return new Set(types.keys());
}

function edit(path: string, change: (content: Buffer) => Buffer): void {
  writeFileSync(path, change(readFileSync(path)));
}

const allIds = (): string[] => entries.map(({ objectId }) => objectId);

describe("out of a pack", () => {
  test("whose ends are damaged comes everything", async () => {
    edit(pack, (content) => Buffer.concat([Buffer.alloc(12), content.subarray(12, -20), Buffer.alloc(20)]));
    expect(await rescue()).toEqual(new Set(allIds()));
  });

  test("with one damaged object comes every object that does not stand on it", async () => {
    const last = entries.toSorted((one, other) => other.offset - one.offset)[0];
    edit(pack, (content) => {
      content.fill(0xff, (last?.offset ?? 0) + 2, content.length - 20);
      return content;
    });
    const rescued = await rescue();
    expect(rescued.has(last?.objectId ?? "")).toBe(false);
    expect(rescued.size).toBe(entries.length - 1);
  });

  test("with damage at many places comes what is between", async () => {
    const damaged = entries.filter((_, place) => place % 3 === 0).map(({ offset }) => offset);
    edit(pack, (content) => {
      for (const offset of damaged) content.writeUInt8(0, offset);
      return content;
    });
    const rescued = await rescue();
    expect(rescued.size).toBeGreaterThan(0);
    expect(rescued.size).toBeLessThanOrEqual(entries.length - damaged.length);
  });

  test("that was cut comes what is before the end", async () => {
    edit(pack, (content) => content.subarray(0, content.length >> 1));
    const rescued = await rescue();
    expect(rescued.size).toBeGreaterThan(5);
    expect(rescued.size).toBeLessThan(entries.length);
  });

  test.each([
    [
      "no index",
      (): void => {
        rmSync(index);
      },
    ],
    [
      "an index whose table is out of order",
      (): void => {
        edit(index, (content) => {
          content.fill(0xff, 8, 40);
          return content;
        });
      },
    ],
  ])("with %s comes everything, from its beginning", async (_, damage) => {
    damage();
    expect(await rescue()).toEqual(new Set(allIds()));
  });

  test("whose index gives a wrong id comes nothing under that id", async () => {
    const victim = entries[5]?.objectId ?? "";
    edit(index, (content) => {
      const at = content.indexOf(Buffer.from(victim, "hex"));
      content.writeUInt8(content.readUInt8(at + 19) ^ 1, at + 19);
      return content;
    });
    const rescued = await rescue();
    expect(rescued.size).toBeGreaterThanOrEqual(entries.length - 12);
    expect([...rescued].filter((id) => !allIds().includes(id))).toEqual([]);
  });

  test("of nothing comes nothing, without an error", async () => {
    writeFileSync(pack, "");
    expect(await rescue()).toEqual(new Set());
  });

  test("that became a FIFO by now comes nothing, and nobody waits for what writes to it", async () => {
    replaceByFifo(pack);
    // With a writer at hand nothing waits, so that a wrong reader fails and does not hang.
    const writer = openSync(pack, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      expect(await rescue()).toEqual(new Set());
    } finally {
      closeSync(writer);
    }
  });
});
