import { describe, expect, test } from "vitest";
import { isSameRemote } from "../../src/anomalies/remote-url.ts";

describe("the same repository", () => {
  test.each([
    ["https://git.example/x", "https://git.example/x.git"],
    ["https://git.example/x/", "https://git.example/x"],
    ["https://user:secret@git.example/x", "https://git.example/x"],
    ["HTTPS://Git.Example/x", "https://git.example/x"],
    ["file:///srv/x", "/srv/x"],
    ["file:///srv/a%20b", "/srv/a b"],
    ["https://git.example:443/x", "https://git.example/x"],
    ["http://git.example:80/x", "http://git.example/x"],
    ["git://git.example:9418/x", "git://git.example/x"],
    ["https://git.example:/x", "https://git.example/x"],
    ["https://git.example/%7Eme/x", "https://git.example/~me/x"],
    ["ssh://git@git.example:22/x.git", "ssh://git@git.example/x"],
    ["git+ssh://git@git.example/x", "ssh://git@git.example/x"],
    ["git@git.example:/org/x.git", "ssh://git@git.example/org/x"],
    ["git@Git.Example:org/x.git", "git@git.example:org/x/"],
    ["git@git.example:org/x", "ssh://git@git.example/~/org/x.git"],
    ["git@git.example:~me/x", "ssh://git@git.example:22/~me/x"],
    ["[git.example:2222]:/x", "ssh://git.example:2222/x"],
    ["git@[::1]:/x", "ssh://git@[::1]/x"],
    ["ssh+git://git@git.example/x", "ssh://git@git.example/x"],
    ["  https://git.example/x\n", "https://git.example/x"],
    ["https://git.example/x.git//", "https://git.example/x"],
    ["https://git.example/x//.git", "https://git.example/x"],
    ["[git.example:22]:x", "git.example:x"],
    ["git@git.example:/~me/x", "git@git.example:~me/x"],
    ["ssh://git:secret@git.example/~/x", "git@git.example:x"],
    ["https://git.example/a%c3%a9", "https://git.example/a%C3%A9"],
    ["http://git.example/%61", "http://git.example/a"],
    ["ftp://git.example/a%2fb", "ftp://git.example/a%2Fb"],
  ])("%s is %s", (left, right) => {
    expect(isSameRemote(left, right)).toBe(true);
    expect(isSameRemote(right, left)).toBe(true);
  });
});

describe("another repository", () => {
  test.each([
    ["https://git.example/x", "https://git.example/y"],
    ["https://git.example/x", "https://other.example/x"],
    ["https://git.example/x", "https://git.example/X"],
    ["/srv/x", "/srv/y"],
    ["https://git.example:8443/x", "https://git.example/x"],
    ["http://git.example:443/x", "http://git.example/x"],
    ["https://git.example/x", "http://git.example/x"],
    ["git@git.example:org/x", "ssh://git@git.example/org/x"],
    ["one@git.example:x", "two@git.example:x"],
    ["https://git.example/a%2Fx", "https://git.example/a/x"],
    ["git@git.example:/x%20y", "git@git.example:/x y"],
    ["./a:b", "ssh://a/b"],
    ["https://git.example/x.gitlab", "https://git.example/xlab"],
    ["https://git.example/a.git/b", "https://git.example/a/b"],
    ["https://git.example/a//b", "https://git.example/ab"],
    ["https://git.example:8443/x", "https://git.example:9443/x"],
    ["[git.example:2222]:x", "[git.example:3333]:x"],
    ["[git.example:2222]:x", "git.example:x"],
    ["file://host/x", "/x"],
    ["https://git.example/~me/x", "ssh://git.example/~me/x"],
    ["one@git.example:x", "git.example:x"],
    ["ssh://one@git.example/~/x", "ssh://two@git.example/~/x"],
    ["ftp://git.example/a%2Fb", "ftp://git.example/a/b"],
    ["http://git.example/a%2Fb", "http://git.example/a/b"],
  ])("%s is not %s", (left, right) => {
    expect(isSameRemote(left, right)).toBe(false);
  });
});
