import { join } from "node:path";
import { expect, test } from "vitest";
import { withFsck } from "../../../src/git/objects/run-fsck.ts";
import type { GitResult } from "../../../src/git/run/git-command.ts";
import type { ScratchRepository } from "../../../src/git/scratch/scratch-repository.ts";
import { aFolder } from "../a-folder.ts";

/** The settings that fsck gets if the borrowed store holds these files. */
async function settingsWith(...files: readonly string[]): Promise<readonly string[]> {
  const folder = aFolder({
    "own/info/alternates": "../borrowed\n",
    "borrowed/pack/pack-1.pack": "",
    ...Object.fromEntries(files.map((file) => [`borrowed/${file}`, ""])),
  });
  let asked: readonly string[] = [];
  const run = (_: readonly string[], { settings }: { settings: readonly string[] }): Promise<GitResult> => {
    asked = settings;
    return Promise.resolve({ kind: "done", stdout: "", stderr: "" });
  };
  const scratch = { directory: folder, objects: join(folder, "own"), run } as unknown as ScratchRepository;
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
