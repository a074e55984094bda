import { describe, expect, test } from "vitest";
import { parseGitConfig } from "../../../src/git/config/git-config.ts";
import {
  describeRepositoryFormat,
  judgeRepositoryFormat,
  parseRepositoryFormat,
  readRepositoryFormat,
} from "../../../src/git/config/repository-format.ts";
import { aFolder, anId } from "../a-folder.ts";

const plain = { idBytes: 20, isPartial: false, filter: undefined, hasWorktreeConfig: false };
const longId = "ab".repeat(32);

function aConfig(text: string) {
  const reading = parseGitConfig(Buffer.from(text));
  if (reading.kind !== "valid") throw new Error(`line ${reading.line}`);
  return reading.config;
}

describe("a configuration", () => {
  test("of version 0 is a SHA-1 repository that has everything", () => {
    const config = aConfig("[core]\nrepositoryformatversion = 0\n");
    expect(judgeRepositoryFormat(config)).toEqual({ kind: "known", format: plain });
  });

  test("tells SHA-256, a partial clone with its filter, and settings of each work tree", () => {
    const config = aConfig(
      "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\nworktreeConfig = true\n" +
        '[remote "origin"]\npromisor = true\npartialCloneFilter = blob:limit=1k\n',
    );
    const format = { idBytes: 32, isPartial: true, filter: "blob:limit=1k", hasWorktreeConfig: true };
    expect(judgeRepositoryFormat(config)).toEqual({ kind: "known", format });
  });

  test("may name a filter that is not passed on", () => {
    const config = aConfig(
      '[core]\nrepositoryformatversion = 0\n[remote "o"]\npromisor = 1\npartialCloneFilter = sparse:oid=x\n',
    );
    expect(parseRepositoryFormat(config)).toEqual({ ...plain, isPartial: true });
  });

  test.each([
    ["blob:none", true],
    ["tree:10", true],
    ["blob:limit=100", true],
    ["blob:limit=1m", true],
    ["not-blob:none", false],
    ["blob:none-of-it", false],
    ["tree:x", false],
    ["blob:limit=k", false],
  ])("passes the filter %s on: %s", (filter, isPassedOn) => {
    const config = aConfig(`[remote "o"]\npartialCloneFilter = tree:0\npartialCloneFilter = ${filter}\n`);
    expect(describeRepositoryFormat(config).filter).toBe(isPassedOn ? filter : undefined);
  });

  test.each([
    ["[extensions]\npartialClone = origin\n", true],
    ['[remote "a\\nb"]\npromisor = true\n', true],
    ["[remote]\npromisor = true\n", false],
    ['[other "remote.x"]\npromisor = true\n', false],
    ['[remote "x"]\npromisory = true\n', false],
  ])("%j is of a partial clone: %s", (text, isPartial) => {
    expect(describeRepositoryFormat(aConfig(text)).isPartial).toBe(isPartial);
  });

  test("has no settings of each work tree unless it says so", () => {
    const worktreeConfig = (value: string) => aConfig(`[extensions]\nworktreeConfig = ${value}\n`);
    const read = (value: string) => describeRepositoryFormat(worktreeConfig(value)).hasWorktreeConfig;
    expect(["yes", "no", "x"].map(read)).toEqual([true, false, false]);
  });

  test("may have sections that begin as an extension does", () => {
    const text = '[core]\nrepositoryformatversion = 1\n[extensions "a"]\nb = c\n[my.extensions]\nd = e\n';
    expect(judgeRepositoryFormat(aConfig(text))).toEqual({ kind: "known", format: plain });
  });

  test.each([
    ["[core]\nrepositoryformatversion = 2\n", "invalid"],
    ["[core]\nrepositoryformatversion = x\n", "invalid"],
    ["[core]\nrepositoryformatversion = 0\n[extensions]\nobjectFormat = sha256\n", "invalid"],
    ["[core]\nbare = false\n[extensions]\nobjectFormat = sha256\n", "invalid"],
    ["[core]\nbare = false\n[extensions]\nobjectFormat = sha1\n", "known"],
    ["[core]\nrepositoryformatversion = 1\n[extensions]\nrefStorage = reftable\n", "unsupported"],
    ["[core]\nrepositoryformatversion = 1\n[extensions]\nother = 1\n", "unsupported"],
    ["[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha512\n", "unsupported"],
  ])("%j is %s", (text, kind) => {
    expect(judgeRepositoryFormat(aConfig(text)).kind).toBe(kind);
  });

  // As git 2.39 and git 2.55 answer `git status` there.
  test.each([
    ["0", "noop", "known", "known"],
    ["0", "preciousObjects", "known", "known"],
    ["0", "partialClone", "known", "known"],
    ["0", "worktreeConfig", "known", "known"],
    ["0", "noop-v1", "invalid", "invalid"],
    ["0", "compatObjectFormat", "known", "invalid"],
    ["0", "relativeWorktrees", "known", "invalid"],
    ["0", "submodulePathConfig", "known", "invalid"],
    ["0", "other", "known", "known"],
    ["1", "noop", "known", "known"],
    ["1", "noop-v1", "known", "known"],
    ["1", "preciousObjects", "known", "known"],
    ["1", "partialClone", "known", "known"],
    ["1", "worktreeConfig", "known", "known"],
    ["1", "compatObjectFormat", "unsupported", "known"],
    ["1", "relativeWorktrees", "unsupported", "known"],
    ["1", "submodulePathConfig", "unsupported", "known"],
    ["1", "other", "unsupported", "unsupported"],
  ])("of format %s with the extension %s is %s to git 2.39, %s to git 2.55", (format, name, old, later) => {
    const config = aConfig(`[core]\nrepositoryformatversion = ${format}\n[extensions]\n${name} = true\n`);
    expect(judgeRepositoryFormat(config, () => [2, 39, 5]).kind).toBe(old);
    expect(judgeRepositoryFormat(config, () => [2, 55, 0]).kind).toBe(later);
  });

  test.each([
    [
      "refStorage = files",
      "the repository extension refstorage: this host's git 2.39 cannot read it; git 2.45 can",
    ],
    [
      "relativeWorktrees = true",
      "the repository extension relativeworktrees: this host's git 2.39 cannot read it; git 2.48 can",
    ],
    [
      "refStorage = reftable",
      'references in the format "reftable": this host\'s git 2.39 cannot read it; git 2.45 can',
    ],
    ["other = true", "the repository extension other: this host's git 2.39 cannot read it"],
  ])("with %j says which git can read it", (extension, what) => {
    const config = aConfig(`[core]\nrepositoryformatversion = 1\n[extensions]\n${extension}\n`);
    expect(judgeRepositoryFormat(config, () => [2, 39, 5])).toEqual({ kind: "unsupported", what });
  });

  test("that names references in another format is not read, whichever git there is", () => {
    const config = aConfig("[core]\nrepositoryformatversion = 1\n[extensions]\nrefStorage = reftable\n");
    const what = 'references in the format "reftable"';
    expect(judgeRepositoryFormat(config, () => [2, 55, 0])).toEqual({ kind: "unsupported", what });
  });

  test("names no extension that git refuses if it has no version", () => {
    const config = aConfig("[core]\nbare = false\n[extensions]\nrelativeWorktrees = true\n");
    expect(judgeRepositoryFormat(config, () => [2, 39, 5]).kind).toBe("known");
  });

  test("without a version is no repository's", () => {
    expect(parseRepositoryFormat(aConfig("[user]\nname = x\n"))).toBeUndefined();
  });
});

describe("the format of a repository", () => {
  test("comes from its configuration", () => {
    const config = "[core]\nrepositoryformatversion = 1\n[extensions]\nobjectFormat = sha256\n";
    const format = readRepositoryFormat(aFolder({ config, "refs/heads/a": `${anId(1)}\n` }));
    expect(format.idBytes).toBe(32);
  });

  test.each([
    ["a ref", { "refs/heads/a": `${longId}\n` }],
    ["a packed ref", { "packed-refs": `${longId} refs/heads/a\n` }],
    ["a detached HEAD", { HEAD: `${longId}\n` }],
    ["a pack", { [`objects/pack/pack-${longId}.idx`]: "" }],
    ["a loose object", { [`objects/ab/${longId.slice(2)}`]: "x" }],
  ])("without one comes from the length of ids: of %s", (_, files) => {
    expect(readRepositoryFormat(aFolder(files)).idBytes).toBe(32);
  });

  test("is SHA-256 too if the configuration has lost its extension", () => {
    const config = "[core]\nrepositoryformatversion = 0\n";
    const files = { config, [`objects/ab/${longId.slice(2)}`]: "x" };
    expect(readRepositoryFormat(aFolder(files)).idBytes).toBe(32);
  });

  test("is what most names say: a planted one does not change it", () => {
    const files = { "refs/heads/a": `${anId(1)}\n`, "refs/heads/b": `${longId}\n`, HEAD: `${anId(2)}\n` };
    expect(readRepositoryFormat(aFolder(files)).idBytes).toBe(20);
  });

  test("without a configuration is partial if a pack says so", () => {
    const files = { [`objects/pack/pack-${anId(1)}.promisor`]: "", config: "[core" };
    expect(readRepositoryFormat(aFolder(files))).toEqual({ ...plain, isPartial: true, filter: "blob:none" });
  });

  test("of nothing at all is SHA-1", () => {
    expect(readRepositoryFormat(aFolder())).toEqual(plain);
  });
});
