import { expect, test } from "vitest";
import { ignoreOpinions } from "../../../src/git/objects/fsck-opinions.ts";
import { anId } from "../a-folder.ts";

test("what fsck says of the form of objects is asked for no more, each name once", () => {
  const output = [
    `error in commit ${anId(1)}: badTimezone: invalid author/committer line - bad time zone`,
    `error in commit ${anId(2)}: badTimezone: invalid author/committer line - bad time zone`,
    `warning in tree ${anId(3)}: zeroPaddedFilemode: contains zero-padded file modes`,
  ].join("\n");
  expect(ignoreOpinions(output)).toEqual(["fsck.badTimezone=ignore", "fsck.zeroPaddedFilemode=ignore"]);
});

test.each([
  `error in tree ${anId(1)}: badTree: cannot be parsed as a tree`,
  `error in commit ${anId(1)}: nulInHeader: unterminated header: NUL at offset 7`,
  `error in commit ${anId(1)}: broken links`,
  `error: ${anId(1)}: object corrupt or missing: .git/objects/11`,
  `missing blob ${anId(1)}`,
])("damage is no opinion: %s", (line) => {
  expect(ignoreOpinions(line)).toEqual([]);
});
