import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyToQuarantine, moveToQuarantine, type QuarantinePlace } from "../../src/salvage/quarantine.ts";

let pool: string;
let place: QuarantinePlace;

beforeEach(() => {
  pool = mkdtempSync(join(tmpdir(), "quarantine-"));
  const note = (): void => undefined;
  place = {
    stateDir: join(pool, "state"),
    stamp: "now",
    slotId: "workspace-demo-slot1",
    note,
    under: pool,
    within: pool,
  };
});

afterEach(() => {
  rmSync(pool, { recursive: true, force: true });
});

function put(content: string, ...names: string[]): string {
  const path = join(pool, ...names);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, content);
  return path;
}

test("two files of one name are both kept", () => {
  const kept = ["first", "second"].map((content) => moveToQuarantine(put(content, "HEAD"), place));
  expect(kept.map((path) => readFileSync(path, "utf8"))).toEqual(["first", "second"]);
});

test("a folder that was put aside as a file before is kept beside it", () => {
  const file = moveToQuarantine(put("a file", "refs"), place);
  const below = moveToQuarantine(put("a ref", "refs", "stash"), place);
  expect(readFileSync(file, "utf8")).toBe("a file");
  expect(readFileSync(below, "utf8")).toBe("a ref");
  expect(existsSync(join(pool, "refs", "stash"))).toBe(false);
});

test("nothing is taken from behind a link that leads out", () => {
  const outside = mkdtempSync(join(tmpdir(), "quarantine-outside-"));
  try {
    writeFileSync(join(outside, "index.lock"), "precious");
    symlinkSync(outside, join(pool, "worktrees"));
    const path = join(pool, "worktrees", "index.lock");
    expect(() => moveToQuarantine(path, place)).toThrow(/leads out of/);
    expect(() => copyToQuarantine(path, place)).toThrow(/leads out of/);
    expect(readFileSync(join(outside, "index.lock"), "utf8")).toBe("precious");
    // The link itself stands in the pool.
    expect(readlinkSync(moveToQuarantine(join(pool, "worktrees"), place))).toBe(outside);
  } finally {
    rmSync(outside, { recursive: true });
  }
});
