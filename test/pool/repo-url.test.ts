import { expect, test } from "vitest";
import { isLocalUrl, isSafeRepoUrl } from "../../src/pool/repo-url.ts";

test.each([
  "https://git.example/x.git",
  "ssh://git@git.example/x",
  "git@git.example:team/x.git",
  "git.example:x",
  "https://git.example",
  "file:///srv/x",
  "/srv/x",
])("git may be given %s", (url) => {
  expect(isSafeRepoUrl(url)).toBe(true);
});

test.each([
  "--option",
  "-git@git.example:x",
  "ext::sh",
  "https://git.example/a::b",
  "/srv/a::b",
  "https://a b",
  "https://",
  "helper://git.example/x",
  "HTTPS://git.example/x",
  " https://git.example/x",
  "x https://git.example/x",
  "é@git.example:x",
  "",
  "relative/path",
  "/a\nb",
])("git is never given %j", (url) => {
  expect(isSafeRepoUrl(url)).toBe(false);
});

test("a path and a file URL are local", () => {
  expect(["/srv/x", "file:///srv/x", "https://git.example/x"].map(isLocalUrl)).toEqual([true, true, false]);
});
