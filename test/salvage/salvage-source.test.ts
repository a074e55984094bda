import { expect, test } from "vitest";
import { listSources, type SalvageSource } from "../../src/salvage/save/salvage-source.ts";
import { SalvageRoom } from "../../src/salvage/save/salvage-room.ts";

test("a file in the place of a directory that is not saved is saved", () => {
  const source: SalvageSource = {
    path: "/pool/slot1",
    poolDirectory: "/pool",
    directories: undefined,
    recordPath: "/pool/slot1/slot.json",
    exclude: ["node_modules"],
    signal: new AbortController().signal,
    room: new SalvageRoom("/", 0),
  };
  const work = listSources(source, [Buffer.from("web/node_modules")]).find(({ root }) => root === "work");
  expect(work?.isLeftOut?.("web/node_modules", "directory")).toBe(true);
  expect(work?.isLeftOut?.("web/node_modules", "other")).toBe(false);
  expect(work?.isLeftOut?.("node_modules", "directory")).toBe(false);
});
