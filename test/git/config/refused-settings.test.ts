import { expect, test } from "vitest";
import { parseGitConfig } from "../../../src/git/config/git-config.ts";
import { selectJudgedSettings } from "../../../src/git/config/judged-settings.ts";
import { describeRefusal, findRefusedSettings } from "../../../src/git/config/refused-settings.ts";

function aConfig(text: string) {
  const reading = parseGitConfig(Buffer.from(text));
  if (reading.kind !== "valid") throw new Error(`line ${reading.line}`);
  return reading.config;
}

const asCloned = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
[remote "origin"]
\turl = https://example.invalid/x.git
\tfetch = +refs/heads/*:refs/remotes/origin/*
[branch "main"]
\tremote = origin
\tmerge = refs/heads/main
`;

test("git need not be asked of a configuration as git clone writes it", () => {
  expect(selectJudgedSettings(aConfig(asCloned))).toEqual([]);
});

test.each([
  "[core]\nfsmonitor = touch /tmp/x\nhooksPath = /tmp\nsshCommand = x\nworktree = ../..\n",
  '[include]\npath = x\n[includeIf "gitdir:/y"]\npath\n[includeIf "gitdir:/"]\npath = x\n[alias]\nx = !x\n[url "ext::x"]\ninsteadOf = .\n',
  '[remote "o"]\nurl = ext::x\nuploadpack = x\n[filter "x"]\nclean = x\n[diff "x"]\ncommand = x\ntextconv = x\n',
  '[diff]\nexternal = x\norderFile = /x\n[gpg]\nprogram = x\n[gpg "ssh"]\ndefaultKeyCommand = x\n[hook "x"]\ncommand = x\n',
  '[merge "x"]\ndriver = x\n[submodule "x"]\nupdate = !x\n[commit]\ntemplate = /x\n[fetch]\nbundleURI = x\n',
  "[gc]\nrecentObjectsHook = x\n[pack]\npackObjectsHook = x\n",
])("git is given nothing that names a program, a file or another place: %j", (text) => {
  expect(selectJudgedSettings(aConfig(text))).toEqual([]);
});

test.each([
  ["[core]\n\tfilemode = trua\n", "core.filemode", 2, "bad boolean config value 'trua'"],
  ["[core]\n\tabbrev = 9999\n", "core.abbrev", 2, "abbrev length out of range"],
  ["[core]\n\tcompression = 99\n", "core.compression", 2, "bad zlib compression level 99"],
  ["[core]\nautocrlf = true\nautocrlf = maybe\n", "core.autocrlf", 3, "bad boolean config value 'maybe'"],
  ["[user]\n\tname\n", "user.name", 2, "missing value for 'user.name'"],
  ["[push]\n\tdefault = x\n", "push.default", 2, "push.default"],
  ['[remote "o"]\n\tprune = x\n', "remote.o.prune", 2, "bad boolean config value 'x'"],
  ["[fetch]\n\tparallel = x\n", "fetch.parallel", 2, "bad numeric config value 'x'"],
  ["[commit]\n\tgpgSign = x\n", "commit.gpgsign", 2, "bad boolean config value 'x'"],
  ["[extensions]\n\tworktreeConfig = x\n", "extensions.worktreeconfig", 2, "bad boolean config value 'x'"],
  ["[advice]\n\tignoredHook = x\n", "advice.ignoredhook", 2, "bad boolean config value 'x'"],
  ["[include]\n\tpath\n", "include.path", 2, "missing value for 'include.path'"],
  ["[transfer]\n\tcredentialsInUrl = x\n", "transfer.credentialsinurl", 2, "unrecognized value"],
  ["[protocol]\n\tversion = x\n", "protocol.version", 2, "unknown value for config 'protocol.version'"],
  ["[gc]\n\tauto = x\n", "gc.auto", 2, "bad numeric config value 'x'"],
  ["[maintenance]\n\tauto = x\n", "maintenance.auto", 2, "bad boolean config value 'x'"],
  ["[merge]\n\tconflictStyle = x\n", "merge.conflictstyle", 2, "unknown style 'x'"],
])("git refuses %j, and says why", async (text, name, line, why) => {
  const refused = await findRefusedSettings(aConfig(`${asCloned}${text}`));
  const first = asCloned.split("\n").length - 1;
  expect(refused).toMatchObject([{ name, line: first + line, why: expect.stringContaining(why) as string }]);
});

test("a git that crashes refuses its settings; one that the system ends says nothing of them", () => {
  const killedBy = (signal: NodeJS.Signals) =>
    ({ kind: "killed", signal, detail: `git was ended by ${signal}`, stderr: "" }) as const;
  expect(describeRefusal(killedBy("SIGSEGV"))).toBe("git was ended by SIGSEGV");
  expect(describeRefusal(killedBy("SIGKILL"))).toBeUndefined();
});

test("git accepts what people set", async () => {
  const text = `${asCloned}[core]
abbrev = 12
autocrlf = input
sharedRepository = 0640
commentChar = auto
untrackedCache = keep
bigFileThreshold = 512m
[diff]
renames = copies
algorithm = histogram
[push]
default = simple
autoSetupRemote
[branch]
autoSetupMerge = inherit
[fetch]
prune = true
recurseSubmodules = on-demand
[gpg]
format = ssh
[commit]
gpgSign = true
verbose = 2
[submodule]
recurse = true
[remote "fork"]
fetch = refs/heads/main:refs/remotes/fork/main
prune = true
mirror = false
[gc]
reflogExpire = never
[index]
version = 4
skipHash = true
[feature]
manyFiles = true
[color "branch"]
current = yellow reverse
`;
  expect(await findRefusedSettings(aConfig(text))).toEqual([]);
});
