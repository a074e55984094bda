import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { withFsck } from "../../../src/git/objects/run-fsck.ts";
import { ScratchRepository } from "../../../src/git/scratch/scratch-repository.ts";
import { aFolder } from "../a-folder.ts";

/** The settings that fsck gets if the borrowed store holds these files. */
async function settingsWith(...files: readonly string[]): Promise<readonly string[]> {
  const borrowed = { "borrowed/pack/pack-1.pack": "" };
  const others = Object.fromEntries(files.map((file) => [`borrowed/${file}`, ""]));
  const folder = aFolder({ ...borrowed, ...others });
  const scratch = new ScratchRepository(join(folder, "scratch"), { idBytes: 20, isPartial: false });
  scratch.borrow(join(folder, "borrowed"));
  let asked: readonly string[] = [];
  vi.spyOn(scratch, "run").mockImplementation((_, { settings = [] } = {}) => {
    asked = settings;
    return Promise.resolve({ kind: "done", stdout: "", stderr: "" });
  });
  await withFsck(scratch, (fsck) => fsck(["--full"], ["fsck.badTimezone=ignore"]));
  return asked;
}

const [noGraph, noMidx] = ["core.commitGraph=false", "core.multiPackIndex=false"];

test.each([
  [[], [noGraph, noMidx]],
  [["info/commit-graph"], [noMidx]],
  [["info/commit-graphs/commit-graph-chain"], [noMidx]],
  [["pack/multi-pack-index"], [noGraph]],
  [["pack/multi-pack-index.d/multi-pack-index-chain"], [noGraph]],
  [["info/commit-graph", "pack/multi-pack-index"], []],
])("fsck verifies what a store holds of %j, and nothing else", async (files, expected) => {
  expect(await settingsWith(...files)).toEqual(["fsck.badTimezone=ignore", ...expected]);
});
