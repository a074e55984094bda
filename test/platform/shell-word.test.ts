import { expect, test } from "vitest";
import { shellWord } from "../../src/platform/shell-word.ts";

test.each([
  ["/srv/a-b_1:%@+,=.git", "/srv/a-b_1:%@+,=.git"],
  ["", "''"],
  ["a b", "'a b'"],
  ["$(x)", "'$(x)'"],
  [";a", "';a'"],
  ["a;", "'a;'"],
  ["it's", "'it'\\''s'"],
])("%j is the word %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});
