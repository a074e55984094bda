import { join } from "node:path";
import { expect, test } from "vitest";
import { listObstacles } from "../../src/git/obstacles.ts";
import { replaceByFifo } from "../kit/damage.ts";
import { aFolder, anId } from "./a-folder.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

function obstaclesOf(name: string, content: string | Buffer): string[] {
  const folder = aFolder({ [name]: content });
  return listObstacles(uncachedReader, folder, { hasRef: (ref) => ref === "refs/heads/topic" }).map(
    ({ expected }) => expected,
  );
}

test.each([
  ["as git writes it", `${anId(1)}\n`],
  ["without a last newline", anId(1)],
  ["with two parents", `${anId(1)}\n${anId(2)}`],
  ["of a SHA-256 repository", `${"ab".repeat(32)}\n`],
  ["in capitals", `${anId(1).toUpperCase()}\n`],
  ["with lines as Windows ends them", `${anId(1)}\r\n`],
  ["with an empty line behind", `${anId(1)}\n\n`],
  ["with something behind the id", `${anId(1)} merged by a tool\n`],
  ["with NUL bytes behind a torn write", Buffer.from(`${anId(1)}\n\0\0\0`)],
  ["with an abbreviated id", "abc1234\n"],
  ["with the name of a branch", "topic\n"],
])("a MERGE_HEAD %s is somebody's merge", (_, content) => {
  expect(obstaclesOf("MERGE_HEAD", content)).toEqual([]);
});

test.each([
  ["a newline", "\n"],
  ["NUL bytes alone", Buffer.alloc(41)],
  ["words that are no names", "to be done\n"],
])("a MERGE_HEAD of %s ends no merge", (_, content) => {
  expect(obstaclesOf("MERGE_HEAD", content)).toEqual(["object ids"]);
});

test.each(["ORIG_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_HEAD"])(
  "git cannot replace a %s that is no ref",
  (name) => {
    for (const content of ["", "to be done\n", Buffer.alloc(41), "abc1234\n"])
      expect(obstaclesOf(name, content)).toEqual(["a ref"]);
    for (const content of [anId(1), `${anId(1).toUpperCase()}\r\n`, "ref: refs/heads/topic\n"])
      expect(obstaclesOf(name, content)).toEqual([]);
  },
);

test("git commits beside an empty MERGE_HEAD", () => {
  expect(obstaclesOf("MERGE_HEAD", "")).toEqual([]);
});

test.each([
  "MERGE_AUTOSTASH",
  "rebase-merge/onto",
  "rebase-apply/head-name",
  "sequencer/todo",
  "info/exclude",
  "objects/pack/pack-1.rev",
  "objects/pack/pack-1.keep",
  "objects/pack/multi-pack-index.d/multi-pack-index-chain",
  "objects/info/commit-graphs/commit-graph-chain",
])("a FIFO as %s is in git's way", (name) => {
  const folder = aFolder({ [name]: "" });
  replaceByFifo(join(folder, name));
  expect(listObstacles(uncachedReader, folder, { hasRef: () => false })).toEqual([
    { path: join(folder, name), expected: "a file", found: "a special file" },
  ]);
});

test("a file in the place of a folder of loose objects, or of what is known of all, is in git's way", () => {
  expect(obstaclesOf("objects/0a", "")).toEqual(["a directory"]);
  expect(obstaclesOf("objects/info", "")).toEqual(["a directory"]);
  expect(obstaclesOf("objects/0a/anything", "")).toEqual([]);
});

test("files and folders of a rebase, of any name, are no obstacles", () => {
  expect(obstaclesOf("rebase-merge/rewritten/anything", anId(1))).toEqual([]);
});

test("what a repository's own work tree has for itself is in no linked work tree's way", () => {
  const files = ["ORIG_HEAD", "MERGE_HEAD/x", "COMMIT_EDITMSG/x", "FETCH_HEAD/x", "info/exclude/x"];
  const folder = aFolder(Object.fromEntries(files.map((name) => [name, "\n"])));
  const paths = listObstacles(uncachedReader, folder, { hasRef: () => false, isShared: true }).map(
    ({ path }) => path.slice(folder.length + 1),
  );
  expect(paths.sort()).toEqual(["FETCH_HEAD", "info/exclude"]);
});
