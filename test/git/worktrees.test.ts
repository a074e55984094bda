import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatLinks, isRelativeLink, readCommonLink, readGitFile } from "../../src/git/git-directory.ts";
import { listAdminDirectories, listCheckedOutBranches, readWorkTreeOf } from "../../src/git/worktrees.ts";
import { aFolder, anId } from "./a-folder.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

test("the links between a work tree and its repository are read as they were written", () => {
  const links = formatLinks({ gitFile: "/pool/slot1/.git", admin: "/main/worktrees/slot1" });
  const common = aFolder({
    "worktrees/slot1/gitdir": links.backlink,
    "worktrees/slot1/commondir": links.commonLink,
  });
  const admin = join(common, "worktrees", "slot1");
  expect(readWorkTreeOf(admin)).toBe("/pool/slot1");
  expect(readCommonLink(uncachedReader, admin)).toBe(common);
  const tree = aFolder({ ".git": links.gitFile });
  expect(readGitFile(uncachedReader, join(tree, ".git"))).toBe("/main/worktrees/slot1");
});

test.each(["../..\0", "../..\0torn", "../..\0\n", "../..\r\n\n"])(
  "of %j git drops the line ends at its end, and then what follows a NUL",
  (text) => {
    const common = aFolder({ "worktrees/slot1/commondir": text, "tree/.git": `gitdir: ${text}` });
    expect(readCommonLink(uncachedReader, join(common, "worktrees", "slot1"))).toBe(common);
    expect(readGitFile(uncachedReader, join(common, "tree", ".git"))).toBe(join(common, "tree", "../.."));
  },
);

test("a line end before a NUL belongs to the name", () => {
  const common = aFolder({
    "worktrees/slot1/commondir": "../..\r\0",
    "worktrees/slot2/commondir": "../..\n\0",
  });
  expect(readCommonLink(uncachedReader, join(common, "worktrees", "slot1"))).toBe(
    join(common, "worktrees", "..\r"),
  );
  expect(readCommonLink(uncachedReader, join(common, "worktrees", "slot2"))).toBeUndefined();
});

test("relative links start where they are written", () => {
  const folder = aFolder({ "a/.git": "gitdir: ../b\n", "b/gitdir": "../a/.git\n" });
  expect(readGitFile(uncachedReader, join(folder, "a", ".git"))).toBe(join(folder, "b"));
  expect(readWorkTreeOf(join(folder, "b"))).toBe(join(folder, "a"));
});

test("links are written in the style that is asked for, and tell it", () => {
  const style = { hasRelativeGitFile: true, hasRelativeBacklink: true };
  const links = formatLinks(
    { gitFile: "/pool/worktrees/slot1/.git", admin: "/pool/main/worktrees/slot1" },
    style,
  );
  expect(links).toMatchObject({
    gitFile: "gitdir: ../../main/worktrees/slot1\n",
    backlink: "../../../worktrees/slot1/.git\n",
  });
  expect(isRelativeLink(".git", Buffer.from(links.gitFile))).toBe(true);
  expect(isRelativeLink("gitdir", Buffer.from(links.backlink))).toBe(true);
  expect(isRelativeLink("gitdir", Buffer.from("/a/.git\n"))).toBe(false);
  expect(isRelativeLink("gitdir", Buffer.from("garbage"))).toBeUndefined();
});

test.each([
  ["nothing", ""],
  ["two lines", "gitdir: /a\n/b\n"],
  ["a NUL first", "gitdir: \0/a\n"],
  ["another word", "git: /a\n"],
])("a .git file with %s is no link", (_, text) => {
  expect(readGitFile(uncachedReader, join(aFolder({ ".git": text }), ".git"))).toBeUndefined();
});

test("work trees and their branches are listed, and no link is followed", () => {
  const common = aFolder({
    "worktrees/a/HEAD": "ref: refs/heads/a\n",
    "worktrees/b/HEAD": `${anId(1)}\n`,
    "worktrees/file": "",
  });
  symlinkSync(join(common, "worktrees", "a"), join(common, "worktrees", "link"));
  const admin = (name: string): string => join(common, "worktrees", name);
  expect(listAdminDirectories(uncachedReader, common).sort()).toEqual([admin("a"), admin("b")]);
  expect(listCheckedOutBranches(uncachedReader, common)).toEqual([
    { ref: "refs/heads/a", admin: admin("a") },
  ]);
  expect(listAdminDirectories(uncachedReader, join(common, "nothing"))).toEqual([]);
});
