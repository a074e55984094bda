import { Linter } from "eslint";
import { expect, test } from "vitest";
// @ts-expect-error -- the configuration is JavaScript
import { knowledgeOfGitFiles } from "../../eslint.config.js";

const linter = new Linter();

function complaints(code: string): number {
  const rules = {
    "no-restricted-syntax": ["error", ...(knowledgeOfGitFiles as object[])],
  } as Linter.RulesRecord;
  const messages = linter.verify(code, [{ rules }]);
  expect(messages.filter(({ fatal }) => fatal)).toEqual([]);
  return messages.length;
}

test.each([
  'readRegularFile(join(commonDirectory, "packed-refs"), { maxBytes: 1 });',
  "const path = `${commonDirectory}/packed-refs`;",
  'join(objects, "info", "alternates");',
  "const path = `${gitDirectory}/HEAD`;",
  'readFileSync(join(gitDirectory, "index"));',
  'join(commonDirectory, "config");',
  'const names = ["MERGE_HEAD", "rebase-merge"];',
  "writeFileSync(path, `ref: ${branch}`);",
  "writeFileSync(path, `gitdir: ${admin}`);",
  "const match = /^gitdir: (.+)$/.exec(text);",
  'content.toString("latin1", 0, 4) === "DIRC";',
  "names.filter((name) => /^sharedindex/.test(name));",
  'join(directory, "logs", ref);',
])("what knows a file of a repository by itself may stand only below src/git/: %s", (code) => {
  expect(complaints(code)).toBeGreaterThan(0);
});

test.each([
  'git(["rev-parse", "HEAD"]);',
  'copy.files.get("shallow");',
  'join(stateDir, "staging");',
  "readPackedRefs(commonDirectory);",
  'const reason = "head_missing";',
])("what asks for it, or speaks to git itself, may stand anywhere: %s", (code) => {
  expect(complaints(code)).toBe(0);
});
