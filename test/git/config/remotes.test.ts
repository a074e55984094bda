import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readOtherRemotes, listRemotes } from "../../../src/git/config/remotes.ts";
import { parseGitConfig } from "../../../src/git/config/git-config.ts";
import { aFolder } from "../a-folder.ts";

test("refs that a refspec writes belong to the remote, unless a repository keeps its own there", () => {
  const text = `[remote "origin"]
  url = https://example.invalid/x
  fetch = +refs/heads/*:refs/remotes/upstream/*
  fetch = +refs/pull/*/head:refs/pull/*
  fetch = +refs/tags/*:refs/tags/*
  fetch = +refs/*:refs/*
  fetch = ^refs/heads/old
  fetch = refs/heads/main:refs/heads/main
  fetch = refs/changes/*:refs/changes/*
  fetch = refs/heads/*
[submodule "remote.other"]
  url = https://example.invalid/other
[remote "no-url"]
  urls = https://example.invalid/none
  fetch = +refs/heads/*:refs/remotes/no-url/*
`;
  const parsed = parseGitConfig(Buffer.from(text));
  if (parsed.kind !== "valid") throw new Error("the text is not read");
  expect(listRemotes(parsed.config)).toEqual([
    {
      name: "origin",
      urls: ["https://example.invalid/x"],
      pushUrls: ["https://example.invalid/x"],
      folders: [
        ...["refs/remotes/origin/", "refs/remotes/upstream/", "refs/pull/", "refs/changes/"],
        ...["refs/prefetch/remotes/origin/", "refs/prefetch/remotes/upstream/"],
        ...["refs/prefetch/pull/", "refs/prefetch/changes/"],
      ],
    },
  ]);
});

test.each([
  [".", false],
  ["/pools/demo/slot1/.git", false],
  ["file:///pools/demo/slot1", false],
  ["./inner", false],
  ["inner/of:one", false],
  ["FILE:///pools/demo/slot1", false],
  ["../slot2", true],
  ["/pools/demo/slot10", true],
  ["file:///srv/origin.git", true],
  ["host:path", true],
  ["https://example.invalid/pools/demo/slot1", true],
  ["ssh://localhost/pools/demo/slot1/inner", false],
  ["ssh://agent@LOCALHOST:22/pools/demo/slot1", false],
  ["ssh://[::1]:22/pools/demo/slot1", false],
  [`agent@${hostname()}:/pools/demo/slot1`, false],
  ["localhost:/pools/demo/slot2", true],
  ["ssh://example.invalid/pools/demo/slot1", true],
  ["example.invalid:/pools/demo/slot1", true],
])("a remote at %j is elsewhere: %j", (url, isElsewhere) => {
  const folder = aFolder({ config: `[remote "r"]\n\turl = ${url}\n` });
  const remotes = readOtherRemotes(folder, { workTree: "/pools/demo/slot1", root: "/pools/demo/slot1" });
  expect(remotes.length === 1).toBe(isElsewhere);
});

test("a remote is not elsewhere if a link in its URL leads into the slot", () => {
  const folder = aFolder({});
  const slot = join(folder, "slot");
  mkdirSync(slot);
  symlinkSync(folder, join(folder, "link"));
  const readAt = (url: string) => {
    writeFileSync(join(folder, "config"), `[remote "r"]\n\turl = ${url}\n`);
    return readOtherRemotes(folder, { workTree: slot, root: slot }).length;
  };
  expect(readAt(join(folder, "link", "slot", "inner"))).toBe(0);
  expect(readAt(`file://${join(folder, "link", "other")}`)).toBe(1);
});

test("a remote is elsewhere only with all of its URLs, and without a configuration there is none", () => {
  const place = { workTree: "/pools/demo/slot1", root: "/pools/demo/slot1" };
  const config = `[remote "r"]\n\turl = https://example.invalid/r\n\turl = ./inner\n`;
  expect(readOtherRemotes(aFolder({ config }), place)).toEqual([]);
  expect(readOtherRemotes(aFolder({}), place)).toEqual([]);
});

test("a remote is where the repository's own settings lead it, and a push may go elsewhere", () => {
  const config = `[remote "moved"]
  url = https://example.invalid/moved
[remote "pushed"]
  url = https://other.invalid/pushed
  pushurl = ./inner
[remote "rewritten"]
  url = https://third.invalid/rewritten
[remote "plain"]
  url = https://other.invalid/plain
[url "/pools/demo/slot1/"]
  insteadOf = https://example.invalid/
  pushInsteadOf = https://third.invalid/
[url "https://far.invalid/"]
  insteadOf = https://
`;
  const place = { workTree: "/pools/demo/slot1", root: "/pools/demo/slot1" };
  const remotes = readOtherRemotes(aFolder({ config }), place);
  expect(remotes.map(({ name, urls, isPushedElsewhere }) => [name, urls[0], isPushedElsewhere])).toEqual([
    ["pushed", "https://far.invalid/other.invalid/pushed", false],
    ["rewritten", "https://far.invalid/third.invalid/rewritten", false],
    ["plain", "https://far.invalid/other.invalid/plain", true],
  ]);
});
