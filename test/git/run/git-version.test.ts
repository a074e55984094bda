import { expect, test } from "vitest";
import { parseGitVersion, requireGit } from "../../../src/git/run/git-version.ts";

test.each([
  ["git version 2.39.5 (Apple Git-154)\n", [2, 39, 5]],
  ["git version 2.45.0.windows.1", [2, 45, 0]],
  ["git: command not found", undefined],
  [null, undefined],
])("reads the version in %j", (text, version) => {
  expect(parseGitVersion(text)).toEqual(version);
});

test.each([
  [2, 39, 4],
  [2, 40],
  [3, 0],
])("works with git %i.%i", (...version) => {
  expect(() => {
    requireGit(version);
  }).not.toThrow();
});

test("refuses an old git, naming both versions", () => {
  expect(() => {
    requireGit([2, 39, 3]);
  }).toThrow(
    expect.objectContaining({
      code: "GIT_TOO_OLD",
      message: "found git 2.39.3: install git 2.39.4 or newer",
    }),
  );
});
