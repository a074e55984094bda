import { expect, test } from "vitest";
import { redactUrl } from "../../src/platform/redact.ts";

test.each([
  ["https://user:secret@example.com/a.git", "https://example.com/a.git"],
  ["https://token@example.com/a.git?key=secret#part", "https://example.com/a.git"],
  ["https://user:p@ss@example.com/a.git", "https://example.com/a.git"],
  ["git@example.com:a/b.git", "git@example.com:a/b.git"],
  ["/srv/git/a.git", "/srv/git/a.git"],
])("%s is shown as %s", (url, shown) => {
  expect(redactUrl(url)).toBe(shown);
});
