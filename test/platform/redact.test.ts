import fc from "fast-check";
import { expect, test } from "vitest";
import { redactUrl, redactUrls } from "../../src/platform/redact.ts";

test.each([
  ["https://user:secret@example.com/a.git", "https://example.com/a.git"],
  ["https://token@example.com/a.git?key=secret#part", "https://example.com/a.git"],
  ["https://user:p@ss@example.com/a.git", "https://example.com/a.git"],
  ["git@example.com:a/b.git", "git@example.com:a/b.git"],
  ["/srv/git/a.git", "/srv/git/a.git"],
  ["https://example.com/a.git?key=secret", "https://example.com/a.git"],
  ["git+ssh://user@example.com/a.git", "git+ssh://example.com/a.git"],
])("%s is shown as %s", (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});

test("every URL in what git says loses its secrets, and the words around them stay", () => {
  const said =
    "fatal: unable to access 'https://a:b@example.com/x.git?key=secret': refused; see ssh://c@host/y";
  expect(redactUrls(said)).toBe(
    "fatal: unable to access 'https://example.com/x.git refused; see ssh://host/y",
  );
});

test("no secret of a URL is left in a text, whatever is around it", () => {
  const words = fc.string({ unit: fc.constantFrom(..."ab '\":,/?#@é".split("")), maxLength: 8 });
  fc.assert(
    fc.property(words, words, (before, after) => {
      const text = redactUrls(`${before} https://user:s3cret@example.com/x.git?key=s3cret ${after}`);
      expect(text).not.toContain("s3cret");
      expect(text).toContain("https://example.com/x.git");
    }),
  );
});
