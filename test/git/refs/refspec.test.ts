import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGitConfig, type GitConfig } from "../../../src/git/config/git-config.ts";
import { planRefChanges } from "../../../src/git/refs/ref-changes.ts";
import { allBranches, expandRefspecs, readFetchSettings } from "../../../src/git/refs/refspec.ts";

function configOf(...lines: string[]): GitConfig | undefined {
  const reading = parseGitConfig(Buffer.from(`[remote "origin"]\n\t${lines.join("\n\t")}\n`));
  return reading.kind === "valid" ? reading.config : undefined;
}

const refspecsOf = (...refspecs: string[]): readonly string[] =>
  readFetchSettings(configOf(...refspecs.map((refspec) => `fetch = ${refspec}`))).refspecs;

describe("what a slot fetches", () => {
  test.each([
    ["one branch", "+refs/heads/main:refs/remotes/origin/main"],
    ["one branch by its short name", "main:refs/remotes/origin/main"],
    ["branches of one folder, unforced", "refs/heads/team/*:refs/remotes/origin/team/*"],
    ["requests for merges", "+refs/pull/*/head:refs/remotes/origin/pr/*"],
    ["the remote's HEAD", "+HEAD:refs/remotes/origin/HEAD-of-remote"],
  ])("is %s", (_, refspec) => {
    expect(refspecsOf(refspec)).toEqual([refspec]);
  });

  test("leaves out what it does not want", () => {
    expect(refspecsOf(allBranches, "^refs/heads/tmp/*")).toEqual([allBranches, "^refs/heads/tmp/*"]);
  });

  test.each([
    ["a mirror's", "+refs/*:refs/*"],
    ["that of a bare clone, which writes branches", "+refs/heads/*:refs/heads/*"],
    ["one that writes tags", "+refs/tags/*:refs/tags/*"],
    ["one that writes nothing", "refs/heads/main"],
    ["one that leads out of refs", "+refs/heads/*:refs/remotes/../../../*"],
    ["one of two stars", "+refs/heads/*/*:refs/remotes/origin/*"],
    ["a star on one side", "+refs/heads/*:refs/remotes/origin/main"],
    ["an option", "--upload-pack=/bin/true:refs/remotes/origin/x"],
    ["one with three parts", "a:refs/remotes/origin/a:refs/heads/a"],
    ["exclusions alone", "^refs/heads/tmp/*"],
  ])("is all branches, and never %s", (_, refspec) => {
    expect(refspecsOf(refspec)).toEqual([allBranches]);
  });

  test("is all branches if nothing is configured or the configuration cannot be read", () => {
    expect(refspecsOf()).toEqual([allBranches]);
    expect(readFetchSettings(undefined)).toEqual({ refspecs: [allBranches], tagOptions: [] });
  });

  test.each([
    ["--no-tags", ["--no-tags"]],
    ["--tags", ["--tags"]],
    ["--upload-pack=/bin/true", []],
  ])("has of tags what tagOpt = %s says", (option, expected) => {
    expect(readFetchSettings(configOf(`tagOpt = ${option}`)).tagOptions).toEqual(expected);
  });
});

test("each ref of the remote has a refspec of its own", () => {
  const refspecs = ["+refs/heads/*:refs/remotes/origin/*", "^refs/heads/tmp/*", "rel:refs/remotes/x/rel"];
  const names = ["HEAD", "refs/heads/main", "refs/heads/tmp/a", "refs/heads/rel", "refs/tags/v1"];
  expect([...expandRefspecs(refspecs, names).values()].map(({ refspec }) => refspec)).toEqual([
    "+refs/heads/main:refs/remotes/origin/main",
    "+refs/heads/rel:refs/remotes/origin/rel",
    "refs/heads/rel:refs/remotes/x/rel",
  ]);
});

describe("what a fetch changes in a repository", () => {
  const changesOf = (before: Record<string, string>, after: Record<string, string>) => {
    const full = (refs: Record<string, string>) =>
      new Map(Object.entries(refs).map(([name, id]) => [`refs/${name}`, id]));
    const { written, removed } = planRefChanges(full(before), full(after));
    return { written: Object.fromEntries(written), removed: Object.fromEntries(removed) };
  };

  test.each([
    ["a branch that became a folder", "remotes/origin/dev", "remotes/origin/dev/x/y"],
    ["a folder that became a branch", "remotes/origin/dev/x/y", "remotes/origin/dev"],
  ])("is the removal of %s", (_, old, young) => {
    const kept = { "remotes/origin/main": "1", "remotes/origin/stale": "5", "remotes/origin/device": "6" };
    const { "remotes/origin/main": main, "remotes/origin/device": device } = kept;
    const after = { "remotes/origin/main": main, "remotes/origin/device": device, [young]: "3" };
    expect(changesOf({ ...kept, [old]: "2" }, after)).toEqual({
      written: { [`refs/${young}`]: "3" },
      removed: { [`refs/${old}`]: "2" },
    });
  });

  test("is no tag that is there, and no removal of one", () => {
    expect(changesOf({ "tags/v1": "1", "tags/v2": "2" }, { "tags/v2": "3", "tags/v1/x": "4" })).toEqual({
      written: { "refs/tags/v1/x": "4" },
      removed: {},
    });
  });
});

test("nothing is fetched that was not asked for, and each ref once to where its refspec puts it", () => {
  const part = fc.constantFrom("a", "b", "team", "x.y");
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `refs/heads/${parts.join("/")}`);
  const pattern = fc.tuple(name, fc.boolean()).map(([text, isOpen]) => (isOpen ? `${text}/*` : text));
  const wanted = fc
    .array(fc.tuple(pattern, fc.constantFrom("", "+")), { minLength: 1, maxLength: 3 })
    .map((all) =>
      all.map(([source, force], index) => {
        const target = `refs/remotes/origin/${index}${source.endsWith("*") ? "/*" : ""}`;
        return { force, source, target };
      }),
    );
  fc.assert(
    fc.property(
      wanted,
      fc.array(pattern, { maxLength: 2 }),
      fc.uniqueArray(name, { maxLength: 8 }),
      (all, out, refs) => {
        const refspecs = all.map(({ force, source, target }) => `${force}${source}:${target}`);
        const isMatch = (text: string, ref: string): boolean =>
          text.endsWith("*") ? ref.startsWith(text.slice(0, -1)) : ref === text;
        const expected = refs
          .filter((ref) => !out.some((text) => isMatch(text, ref)))
          .flatMap((ref) =>
            all.filter(({ source }) => isMatch(source, ref)).map((spec) => ({ ref, ...spec })),
          )
          .map(({ ref, force, source, target }) => {
            const to = target.replace("*", ref.slice(source.length - 1));
            return [to, { refspec: `${force}${ref}:${to}`, source: ref }] as const;
          });
        const expanded = expandRefspecs([...refspecs, ...out.map((text) => `^${text}`)], refs);
        expect(new Map(expanded)).toEqual(new Map(expected));
      },
    ),
  );
});

test("an exclusion is believed only if it is the name of refs, and has one part", () => {
  for (const wrong of ["^refs/heads/..", "^refs/heads/a:refs/remotes/origin/a", "^"])
    expect(refspecsOf(allBranches, wrong)).toEqual([allBranches]);
});

test("the text that a star stands for lies between what is before and behind it", () => {
  const expand = (refspec: string, ...names: string[]) =>
    [...expandRefspecs([refspec], names).values()].map((found) => found.refspec);
  const merges = "+refs/pull/*/head:refs/remotes/origin/pr/*";
  expect(
    expand(merges, "refs/pull/7/head", "refs/pull/7/merge", "refs/pull/head", "refs/pull//head"),
  ).toEqual([...["+refs/pull/7/head:refs/remotes/origin/pr/7", "+refs/pull//head:refs/remotes/origin/pr/"]]);
  expect(expand("refs/heads/a*a:refs/remotes/origin/*", "refs/heads/a", "refs/heads/aa")).toEqual([
    "refs/heads/aa:refs/remotes/origin/",
  ]);
});

test("an exclusion takes no more than it names, and fetches nothing itself", () => {
  const names = ["refs/heads/main", "refs/heads/tmp"];
  const expanded = expandRefspecs([allBranches, "^refs/heads/tmp"], names);
  expect([...expanded.keys()]).toEqual(["refs/remotes/origin/main"]);
  expect([...expandRefspecs(["^refs/heads/tmp"], names).keys()]).toEqual([]);
});
