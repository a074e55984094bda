import { expect, test } from "vitest";
import { redactUrl, redactUrls } from "../../src/platform/redact.ts";

test.each([
  ["https://user:secret@example.com/a.git", "https://example.com/a.git"],
  ["https://token@example.com/a.git?key=secret#part", "https://example.com/a.git"],
  ["https://user:p@ss@example.com/a.git", "https://example.com/a.git"],
  ["git@example.com:a/b.git", "git@example.com:a/b.git"],
  ["/srv/git/a.git", "/srv/git/a.git"],
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
