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
  ["warning: refname 'main' is ambiguous", false],
  ["warning: refname 'main' is ambiguous.", false],
  ["a/b- is not a valid attribute name: .gitattributes:1", false],
  [
    "warning: Negative patterns are ignored in git attributes\nUse '\\!' for literal leading exclamation.",
    false,
  ],
  ["warning: unable to access '.gitattributes': Too many levels of symbolic links", false],
  ["warning: unable to access 'a.gitignore': Too many levels of symbolic links", true],
  ["warning: unable to access 'a/.gitmodules': Too many levels of symbolic links", true],
  ["warning: unable to access 'a/.gitignore': Too many levels of symbolic links, and more", true],
  ["error: warning: unable to access '.gitignore': Too many levels of symbolic links", true],
  ["ignoring FUTURE extension", true],
  ["fatal: ignoring FUTR extension", true],
  ["ignoring FUTR extension of another", true],
  ["error: warning: ignoring dangling symref refs/remotes/origin/HEAD", true],
  ["error: warning: refname 'main' is ambiguous", true],
  ["warning: refname 'main' is ambiguous, and cannot be read", true],
  ["error: warning: Negative patterns are ignored in git attributes", true],
  ["warning: Negative patterns are ignored in git attributes of another", true],
  ["error: Use '\\!' for literal leading exclamation.", true],
  ["Use '\\!' for literal leading exclamation. Or not.", true],
  ["ignoring FUTR extension\nwarning: could not open directory 'x/': Permission denied", true],
])("%j", (stderr, isUnread) => {
  expect(tellsUnread(stderr)).toBe(isUnread);
});
