import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { isForLackOfRoom, NoRoomError, SalvageRoom } from "../../src/salvage/save/salvage-room.ts";

const mebibyte = 1024 ** 2;
const { blocks, bsize } = statfsSync(tmpdir());

test("what is saved has to fit, all of it together", () => {
  const room = new SalvageRoom(tmpdir(), 0);
  room.take(mebibyte);
  expect(() => {
    room.take(blocks * bsize);
  }).toThrow(NoRoomError);
});

test("a little is saved from what has to stay free, and no more", () => {
  const room = new SalvageRoom(tmpdir(), 1);
  room.take(mebibyte);
  expect(() => {
    room.take(64 * mebibyte);
  }).toThrow(/64 MiB more are to be saved, but only 63 MiB may be used/);
});

test.each<[string, Error, boolean]>([
  ["the look at what is free", new NoRoomError("64 MiB more are to be saved"), true],
  [
    "the system",
    Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
    true,
  ],
  [
    "a quota, as the cause of another error",
    new Error("x", { cause: Object.assign(new Error(), { code: "EDQUOT" }) }),
    true,
  ],
  ["git", new Error("git fast-import: fatal: write error: No space left on device"), true],
  ["rights", Object.assign(new Error("EACCES"), { code: "EACCES" }), false],
  ["a name", new Error("No space left on device cannot be read (EACCES)"), false],
])("work that could not be saved because of %s waits for space: %j is %s", (_, error, expected) => {
  expect(isForLackOfRoom(error)).toBe(expected);
});

test("a file system that does not answer refuses nothing", () => {
  new SalvageRoom("/no such directory", 0.05).take(Number.MAX_SAFE_INTEGER);
});
