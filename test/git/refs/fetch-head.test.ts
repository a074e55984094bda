import { expect, test } from "vitest";
import { readFetchHead, shownUrl } from "../../../src/git/refs/fetch-head.ts";
import { aFolder, anId } from "../a-folder.ts";

test("each line of FETCH_HEAD names what was fetched and from where", () => {
  const lines = [
    `${anId(1)}\t\tbranch 'main' of https://example.invalid/x`,
    `${anId(2)}\tnot-for-merge\ttag 'a of b' of https://example.invalid/x`,
    `${anId(3)}\t\t'refs/pull/1/head' of ../y`,
    `${anId(4)}\t\thttps://example.invalid/x`,
    "no id\t\tbranch 'x' of y",
    anId(5),
  ];
  expect(readFetchHead(aFolder({ FETCH_HEAD: `${lines.join("\n")}\n` }))).toEqual([
    { objectId: anId(1), url: "https://example.invalid/x" },
    { objectId: anId(2), url: "https://example.invalid/x" },
    { objectId: anId(3), url: "../y" },
    { objectId: anId(4), url: "https://example.invalid/x" },
  ]);
  expect(readFetchHead(aFolder())).toEqual([]);
});

test.each([
  ["https://user:secret@example.invalid/x.git", "https://example.invalid/x"],
  ["git@example.invalid:x.git/", "git@example.invalid:x"],
  ["/srv/x.git//", "/srv/x"],
  ["file:///srv/x", "file:///srv/x"],
])("the URL %s is shown as %s", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
