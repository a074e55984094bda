import { describe, expect, test } from "vitest";
import { isSameRemote } from "../../src/anomalies/remote-url.ts";

describe("the same repository", () => {
  test.each([
    ["https://git.example/x", "https://git.example/x.git"],
    ["https://git.example/x/", "https://git.example/x"],
    ["https://user:secret@git.example/x", "https://git.example/x"],
    ["HTTPS://Git.Example/x", "https://git.example/x"],
    ["file:///srv/x", "/srv/x"],
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
  ])("%s is not %s", (left, right) => {
    expect(isSameRemote(left, right)).toBe(false);
  });
});
