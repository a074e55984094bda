import { expect, test } from "vitest";
import { isRebasing, listOperations, operationEntries, readOperationIds } from "../../src/git/operations.ts";
import { aFolder, anId } from "./a-folder.ts";

test.each([
  ["MERGE_HEAD", `${anId(1)}\n`],
  ["CHERRY_PICK_HEAD", `${anId(1)}\n`],
  ["REVERT_HEAD", `${anId(1)}\n`],
  ["BISECT_LOG", ""],
  ["rebase-merge/done", ""],
  ["rebase-apply/next", ""],
  ["sequencer/todo", ""],
  ["NOTES_MERGE_PARTIAL", `${anId(1)}\n`],
])("%s shows an operation in progress", (name, content) => {
  const [first] = name.split("/");
  const folder = aFolder({ [name]: content });
  expect(listOperations(folder)).toEqual([first]);
  expect(isRebasing(folder)).toBe(first?.startsWith("rebase-"));
  expect(operationEntries).toContain(first);
});

test("what git leaves behind after a commit, a fetch or a merge of notes shows none", () => {
  const folder = aFolder({
    ORIG_HEAD: `${anId(1)}\n`,
    FETCH_HEAD: "",
    COMMIT_EDITMSG: "x",
    "NOTES_MERGE_WORKTREE/x": "",
  });
  expect(listOperations(folder)).toEqual([]);
  expect(operationEntries).not.toContain("ORIG_HEAD");
});

test("ids are found wherever they stand in the text of pseudo refs, operations and loose refs, at the top too", () => {
  const folder = aFolder({
    ORIG_HEAD: `${anId(1)}\n`,
    "rebase-apply/orig-head": `x ${anId(2)}!\n`,
    "refs/heads/a": `${anId(3)}\n`,
    "refs/heads/damaged": `\0${anId(4)}\0`,
    wip: `${anId(7)}\n`,
    "TMP-2": `${anId(8)}\n`,
    config: `${anId(5)}x\n`,
    shallow: `${anId(9)}\n`,
    "packed-refs": `${anId(9)} refs/heads/b\n`,
    "HEAD.lock": `${anId(9)}\n`,
    description: `see ${anId(9)}\n`,
    "hooks/x": anId(6),
  });
  expect(readOperationIds(folder)).toEqual(new Set([1, 2, 3, 4, 7, 8].map(anId)));
});
