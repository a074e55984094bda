import { describe, expect, test } from "vitest";
import { listTipIds, readHeadTip, readTips, readWorkTips, reflogOfTip } from "../../../src/git/refs/tips.ts";
import { aFolder, anId } from "../a-folder.ts";

const who = "A <a@example.com> 1700000000 +0900";
const none = "0".repeat(40);
const line = (from: string, to: string, message: string): string => `${from} ${to} ${who}\t${message}\n`;

function aRepository(files: Readonly<Record<string, string>>) {
  const directory = aFolder({ "refs/heads/.keep": "", ...files });
  return { gitDirectory: directory, commonDirectory: directory };
}

describe("the tips of a repository", () => {
  test("are its refs, loose before packed, its detached HEAD and all that its reflogs remember", () => {
    const repository = aRepository({
      HEAD: `${anId(1)}\n`,
      "packed-refs": `${anId(2)} refs/heads/a\n${anId(3)} refs/tags/v1\n`,
      "refs/heads/a": `${anId(4)}\n`,
      "logs/HEAD": line(none, anId(5), "commit: x"),
      "logs/refs/heads/a": line(anId(6), anId(4), "commit: y"),
    });
    const tips = readTips(repository);
    expect(tips.refs).toEqual(
      new Map([
        ["refs/heads/a", anId(4)],
        ["refs/tags/v1", anId(3)],
      ]),
    );
    expect(tips.head).toBe(anId(1));
    expect(new Set(listTipIds(tips))).toEqual(new Set([1, 3, 4, 5, 6].map(anId)));
  });

  test("include the reflogs of other work trees only if asked", () => {
    const repository = aRepository({
      HEAD: "ref: refs/heads/a\n",
      "worktrees/w/HEAD": "ref: refs/heads/b\n",
      "worktrees/w/logs/HEAD": line(none, anId(7), "commit: z"),
    });
    expect(listTipIds(readTips(repository))).toEqual([]);
    expect(listTipIds(readTips(repository, { allWorktrees: true }))).toEqual([anId(7)]);
  });
});

describe("the tips of a linked work tree", () => {
  const files = {
    HEAD: "ref: refs/heads/a\n",
    "refs/heads/a": `${anId(1)}\n`,
    "refs/worktree/edits": `${anId(2)}\n`,
    "worktrees/w/HEAD": "ref: refs/heads/a\n",
    "worktrees/w/refs/worktree/edits": `${anId(3)}\n`,
    "worktrees/w/logs/refs/worktree/edits": line(none, anId(4), "x"),
    "worktrees/other/refs/bisect/bad": `${anId(5)}\n`,
  };

  test("include its own refs beside those of the same name in the repository, and their reflogs", () => {
    const common = aFolder(files);
    const tips = readTips({ gitDirectory: `${common}/worktrees/w`, commonDirectory: common });
    expect(tips.refs).toEqual(
      new Map([
        ["refs/heads/a", anId(1)],
        ["refs/worktree/edits", anId(2)],
        ["worktrees/w/refs/worktree/edits", anId(3)],
      ]),
    );
    expect(new Set(listTipIds(tips))).toEqual(new Set([1, 2, 3, 4].map(anId)));
  });

  test("have their reflogs where git writes them", () => {
    const linked = { gitDirectory: "/r/worktrees/w", commonDirectory: "/r" };
    expect(reflogOfTip(linked, "worktrees/w/refs/bisect/bad")).toBe("/r/worktrees/w/logs/refs/bisect/bad");
    expect(reflogOfTip(linked, "refs/bisect/bad")).toBe("/r/logs/refs/bisect/bad");
    const plain = { gitDirectory: "/r", commonDirectory: "/r" };
    expect(reflogOfTip(plain, "refs/heads/a")).toBe("/r/logs/refs/heads/a");
  });
});

describe("the tip of HEAD", () => {
  test("is the commit of its branch, packed or loose", () => {
    const { gitDirectory } = aRepository({
      HEAD: "ref: refs/heads/a\n",
      "packed-refs": `${anId(2)} refs/heads/a\n`,
    });
    expect(readHeadTip(gitDirectory)).toEqual({ ref: "refs/heads/a", commit: anId(2) });
  });

  test("is unknown for a branch without a commit, and for a HEAD that says nothing", () => {
    const unborn = aRepository({ HEAD: "ref: refs/heads/a\n" });
    expect(readHeadTip(unborn.gitDirectory)).toEqual({ ref: "refs/heads/a", commit: undefined });
    expect(readHeadTip(aRepository({ HEAD: "x" }).gitDirectory)).toEqual({
      ref: undefined,
      commit: undefined,
    });
  });
});

describe("everything that may lead to work", () => {
  test("is found beside damage, and the damage is told", () => {
    const tips = readWorkTips(
      aRepository({
        HEAD: "garbage",
        "packed-refs": `garbage\n${anId(1)} refs/heads/a\n`,
        "refs/heads/b": "garbage\n",
        "logs/HEAD":
          line(none, anId(1), "checkout: moving from main to a") + line(anId(1), anId(2), "commit: x"),
      }),
    );
    expect(tips).toMatchObject({
      branch: "refs/heads/a",
      commit: anId(2),
      refs: [{ name: "refs/heads/a", objectId: anId(1) }],
    });
    expect(tips.faults).toEqual(expect.arrayContaining(["packed-refs", "refs/heads/b", "HEAD"]));
  });

  test("is nothing at all in an empty folder", () => {
    const folder = aFolder();
    const tips = readWorkTips({ gitDirectory: folder, commonDirectory: folder });
    expect(tips).toMatchObject({ branch: undefined, commit: undefined, refs: [], stashes: [] });
    expect(tips.faults).toEqual(["refs", "HEAD"]);
  });

  test("is in stashes, newest first", () => {
    const stash = (number: number): string => line(none, anId(number), `WIP on a: ${number}`);
    const files = { HEAD: "ref: refs/heads/a\n", "logs/refs/stash": stash(1) + stash(2) };
    const listed = readWorkTips(aRepository({ ...files, "refs/stash": `${anId(2)}\n` })).stashes;
    expect(listed.map(({ objectId }) => objectId)).toEqual([anId(2), anId(1)]);
    const unlogged = readWorkTips(aRepository({ ...files, "refs/stash": `${anId(9)}\n` })).stashes;
    expect(unlogged.map(({ objectId }) => objectId)).toEqual([anId(9), anId(2), anId(1)]);
  });

  test("is in operations in progress and in every work tree's reflogs, damaged lines too", () => {
    const tips = readWorkTips(
      aRepository({
        HEAD: "ref: refs/heads/a\n",
        MERGE_HEAD: `${anId(1)}\n`,
        "rebase-merge/git-rebase-todo": `pick ${anId(2)} message\n`,
        "logs/refs/heads/gone": `\0\0 ${anId(3)} torn`,
        "worktrees/w/CHERRY_PICK_HEAD": `${anId(4)}\n`,
        "worktrees/w/logs/HEAD": line(none, anId(5), "commit: x"),
      }),
    );
    expect(tips.otherIds).toEqual(new Set([1, 2, 3, 4, 5].map(anId)));
  });

  test("of a linked work tree has its private refs too", () => {
    const common = aFolder({
      "refs/heads/a": `${anId(1)}\n`,
      "worktrees/w/HEAD": "ref: refs/heads/a\n",
      "worktrees/w/refs/bisect/bad": `${anId(2)}\n`,
    });
    const tips = readWorkTips({ gitDirectory: `${common}/worktrees/w`, commonDirectory: common });
    expect(tips.refs.map(({ name }) => name)).toEqual(["refs/heads/a", "refs/bisect/bad"]);
  });
});
