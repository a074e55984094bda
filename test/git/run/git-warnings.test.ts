import { expect, test } from "vitest";
import { tellsUnread } from "../../../src/git/run/git-warnings.ts";

test.each([
  ["warning: could not open directory 'd/d/': File name too long", true],
  ["warning: unable to access 'a/.gitignore': Permission denied", true],
  ["warning: unable to access '.gitattributes': Is a directory", true],
  ["error: something new", true],
  ["", false],
  ["\n", false],
  ["ignoring FUTR extension", false],
  ["warning: ignoring dangling symref refs/remotes/origin/HEAD", false],
  ["warning: unable to access 'a/.gitignore': Too many levels of symbolic links", false],
  ["ignoring FUTR extension\nwarning: could not open directory 'x/': Permission denied", true],
])("%j", (stderr, isUnread) => {
  expect(tellsUnread(stderr)).toBe(isUnread);
});
