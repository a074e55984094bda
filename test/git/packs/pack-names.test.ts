import { expect, test } from "vitest";
import { listPackBases } from "../../../src/git/packs/pack-names.ts";

test("git opens each pair, whatever its name, and misses the other half of a pack alone", () => {
  const names = [
    "pack-a.pack",
    "pack-a.idx",
    "._pack-a.pack",
    "._pack-a.idx",
    "x.pack",
    "y.idx",
    "pack-b.idx",
  ];
  expect(listPackBases([...names, "pack-c.pack", "pack-a.rev", "pack-d.pack.tmp"])).toEqual([
    "pack-a",
    "._pack-a",
    "pack-b",
    "pack-c",
  ]);
});
