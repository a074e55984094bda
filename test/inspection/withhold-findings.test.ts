import { expect, test } from "vitest";
import type { Finding } from "../../src/inspection/finding.ts";
import { withoutBlindFindings } from "../../src/inspection/withhold-findings.ts";
import type { UnreadPlace } from "../../src/platform/unread-path.ts";

const finding = (code: Finding["code"], path: string): Finding => ({
  code,
  path,
  expected: "something",
  found: "something else",
  depth: "probe",
});
const findings = [finding("git_invalid", "/s/.git"), finding("index_corrupt", "/s/.git/index")];

function look(path: string, code: string) {
  const unread: readonly UnreadPlace[] = [];
  return withoutBlindFindings({ failures: new Map([[path, code]]) }, { findings, unread, gitLocks: [] });
}

const paths = ["", "/refs", "/config", "/objects", "/HEAD", "/packed-refs"].map((name) => `/s/.git${name}`);
const ofEnvironment = ["EACCES", "EPERM", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EHOSTDOWN", "EIO", "EMFILE"];
const blindness = paths.flatMap((path) => ofEnvironment.map((code) => [path, code] as const));

test.each(blindness)("%s with %s shows no fault but the one that content shows", (path, code) => {
  const { findings: kept, unread } = look(path, code);
  expect(kept.map((kept) => kept.code)).toEqual(["index_corrupt"]);
  expect(unread.map((place) => place.path)).toEqual([path]);
  expect(unread[0]?.detail).toMatch(
    new RegExp(`\\(${code}\\): .* with mode \\d{4}; this program runs as user`),
  );
});

test("an index that cannot be read is not corrupt", () => {
  expect(look("/s/.git/index", "EIO").findings).toEqual([]);
});

test("a look that read everything keeps its findings", () => {
  const all = { findings, unread: [], gitLocks: [] };
  expect(withoutBlindFindings({ failures: new Map() }, all)).toEqual(all);
});
