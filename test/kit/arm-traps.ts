import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { git } from "./real-pool.ts";

/** Where a slot's repository is, in either layout, and a directory outside every pool for what the traps need. */
export interface TrapPlace {
  readonly slotPath: string;
  /** Of this work tree: HEAD and index. */
  readonly gitDirectory: string;
  /** Objects, refs and configuration. */
  readonly commonDirectory: string;
  /** Must not exist yet, and must not be inside a pool. */
  readonly trapDirectory: string;
}

export interface ArmedTraps {
  /** Names of the programs that somebody ran. Empty as long as all is well. */
  readonly fired: () => string[];
  /** Forgets what was until now: a fault that a test injects may itself run a program, or lead outside. */
  readonly startOver: () => void;
  /** Paths of the sentinel directory that are not as they were. Empty as long as all is well. */
  readonly changedOutside: () => string[];
  /** Outside the pool: what a link or a path that leads away leads to. Holds files, and a repository. */
  readonly sentinel: string;
  /** The command line of a program that leaves a canary of this name. */
  readonly programOf: (name: string) => string;
}

/** The place of a slot that is healthy still. */
export function trapPlaceOf(slotPath: string, trapDirectory: string): TrapPlace {
  const gitDirectory = git(slotPath, "rev-parse", "--absolute-git-dir");
  const common = git(slotPath, "rev-parse", "--path-format=absolute", "--git-common-dir");
  return { slotPath, gitDirectory, commonDirectory: common, trapDirectory };
}

/**
 * Names a program in every place where git looks for one, and gives git reasons to run it: changed files behind
 * filters, a nested repository and a submodule with settings of their own. The repository stays readable.
 */
export function armTraps(place: TrapPlace): ArmedTraps {
  const traps = layTrapDirectory(place.trapDirectory);
  addTrackedFiles(place);
  armSubmodule(place, traps);
  armNestedRepository(place, traps);
  appendFileSync(join(place.commonDirectory, "config"), trapConfig(place, traps));
  const ofWorktree = `[core]\n\tbare = false\n${filterConfig("worktree", traps)}`;
  writeFileSync(join(place.gitDirectory, "config.worktree"), ofWorktree);
  armAttributes(place);
  armHooks(join(place.commonDirectory, "hooks"), "hooks", traps);
  touchTrackedFiles(place);
  return traps;
}

/** One way in which a slot can lead whoever reads or writes it out of the pool, or stop them indefinitely. */
export interface Diversion {
  readonly name: string;
  arm(place: TrapPlace, traps: ArmedTraps): void;
}

/** Arms one diversion alone: many of them exclude each other. */
export function armDiversion(diversion: Diversion, place: TrapPlace): ArmedTraps {
  const traps = layTrapDirectory(place.trapDirectory);
  diversion.arm(place, traps);
  return traps;
}

const replaceByLink = (path: string, target: string): void => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
};

const replaceByFifo = (path: string): void => {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true });
  execFileSync("mkfifo", [path]);
};

const inGit = (name: string) => (place: TrapPlace) => join(place.gitDirectory, name);
/** The first pack of the store, or the file beside it. */
const inPack = (extension: "pack" | "idx") => (place: TrapPlace) => {
  const folder = join(place.commonDirectory, "objects", "pack");
  const name = readdirSync(folder).find((each) => each.endsWith(`.${extension}`));
  return join(folder, name ?? `pack-${"0".repeat(40)}.${extension}`);
};
const inCommon = (name: string) => (place: TrapPlace) => join(place.commonDirectory, name);
const inSlot = (name: string) => (place: TrapPlace) => join(place.slotPath, name);

function linkDiversion(
  name: string,
  path: (place: TrapPlace) => string,
  target: (sentinel: string) => string,
): Diversion {
  return {
    name: `${name} is a link that leads out of the pool`,
    arm: (place, { sentinel }) => {
      replaceByLink(path(place), target(sentinel));
    },
  };
}

function fifoDiversion(name: string, path: (place: TrapPlace) => string): Diversion {
  return {
    name: `${name} is a FIFO`,
    arm: (place) => {
      replaceByFifo(path(place));
    },
  };
}

function configDiversion(name: string, lines: (traps: ArmedTraps) => string): Diversion {
  return {
    name,
    arm: (place, traps) => {
      appendFileSync(join(place.commonDirectory, "config"), lines(traps));
    },
  };
}

function writeDiversion(
  name: string,
  path: (place: TrapPlace) => string,
  content: (traps: ArmedTraps, place: TrapPlace) => string,
): Diversion {
  return {
    name,
    arm: (place, traps) => {
      rmSync(path(place), { recursive: true, force: true });
      mkdirSync(dirname(path(place)), { recursive: true });
      writeFileSync(path(place), content(traps, place));
    },
  };
}

const fileOf = (sentinel: string): string => join(sentinel, "file.txt");
const repositoryOf = (sentinel: string): string => join(sentinel, "repository.git");

const linkDiversions: readonly Diversion[] = [
  linkDiversion(".git", inSlot(".git"), repositoryOf),
  linkDiversion("HEAD", inGit("HEAD"), (sentinel) => join(repositoryOf(sentinel), "HEAD")),
  linkDiversion("index", inGit("index"), (sentinel) => join(sentinel, "index")),
  linkDiversion("index.lock", inGit("index.lock"), fileOf),
  linkDiversion("config", inCommon("config"), (sentinel) => join(repositoryOf(sentinel), "config")),
  linkDiversion("packed-refs", inCommon("packed-refs"), (sentinel) =>
    join(repositoryOf(sentinel), "packed-refs"),
  ),
  linkDiversion("refs", inCommon("refs"), (sentinel) => join(repositoryOf(sentinel), "refs")),
  linkDiversion("refs/heads", inCommon("refs/heads"), (sentinel) =>
    join(repositoryOf(sentinel), "refs/heads"),
  ),
  linkDiversion("refs/stash", inCommon("refs/stash"), fileOf),
  linkDiversion("logs", inGit("logs"), (sentinel) => join(repositoryOf(sentinel), "logs")),
  linkDiversion("logs/HEAD", inGit("logs/HEAD"), fileOf),
  linkDiversion("objects", inCommon("objects"), (sentinel) => join(repositoryOf(sentinel), "objects")),
  linkDiversion("objects/pack", inCommon("objects/pack"), (sentinel) =>
    join(repositoryOf(sentinel), "objects/pack"),
  ),
  linkDiversion("objects/info", inCommon("objects/info"), (sentinel) => sentinel),
  linkDiversion("shallow", inCommon("shallow"), fileOf),
  linkDiversion("hooks", inCommon("hooks"), (sentinel) => sentinel),
  linkDiversion("slot.json", inSlot("slot.json"), fileOf),
  linkDiversion("a directory of the work tree", inSlot("directory"), (sentinel) => sentinel),
  linkDiversion("a file of the work tree", inSlot("file.txt"), fileOf),
];

const pathDiversions: readonly Diversion[] = [
  configDiversion(
    "core.worktree leads out of the pool",
    ({ sentinel }) => `[core]\n\tworktree = ${sentinel}\n`,
  ),
  configDiversion(
    "an include is a FIFO",
    ({ sentinel }) => `[include]\n\tpath = ${join(sentinel, "fifo")}\n`,
  ),
  writeDiversion(
    ".git is a file that leads out of the pool",
    inSlot(".git"),
    ({ sentinel }) => `gitdir: ${repositoryOf(sentinel)}\n`,
  ),
  writeDiversion(
    "commondir leads out of the pool",
    inGit("commondir"),
    ({ sentinel }) => `${repositoryOf(sentinel)}\n`,
  ),
  writeDiversion("HEAD names a ref outside refs/", inGit("HEAD"), ({ sentinel }, { commonDirectory }) => {
    return `ref: refs/heads/${"../".repeat(2)}${relative(commonDirectory, fileOf(sentinel))}\n`;
  }),
  writeDiversion("HEAD names an option", inGit("HEAD"), () => "ref: refs/heads/--output=x\n"),
  writeDiversion("alternates are the sentinel's", inCommon("objects/info/alternates"), ({ sentinel }) =>
    [join(repositoryOf(sentinel), "objects"), sentinel, join(sentinel, "fifo"), ""].join("\n"),
  ),
  writeDiversion("alternates have odd paths", inCommon("objects/info/alternates"), () =>
    [
      "/dev",
      "/proc/self/root",
      `"quoted\\npath"`,
      "../".repeat(60),
      "../objects",
      ".",
      "x".repeat(5000),
      "",
    ].join("\n"),
  ),
  writeDiversion("packed-refs has hostile names", inCommon("packed-refs"), ({ programOf }) => {
    const names = ["../../../../x", "--upload-pack=x", `$(${programOf("packed_ref")})`, "a\u0007b", "-rf"];
    return names.map((name) => `${"1".repeat(40)} refs/heads/${name}\n`).join("");
  }),
  {
    name: "loose refs have hostile names",
    arm: (place, { programOf }) => {
      const commit = git(place.slotPath, "rev-parse", "HEAD");
      const program = programOf("ref_name").replaceAll("/", "∕");
      const names = [
        "-rf",
        "--all",
        "--output=x",
        `$(${program})`,
        `;${program};`,
        "a\nb",
        "..",
        "a\u001b[31m",
      ];
      for (const name of names.filter((each) => each !== "..")) {
        writeFileSync(join(place.commonDirectory, "refs/heads", name), `${commit}\n`);
      }
    },
  },
  writeDiversion(".gitmodules names a program", inSlot(".gitmodules"), ({ programOf }) => {
    const program = programOf("gitmodules_update");
    return `[submodule "trap"]\n\tpath = trap\n\turl = "ext::${program}"\n\tupdate = "!${program}"\n`;
  }),
  {
    name: "a branch is a cycle of directories",
    arm: (place) => {
      replaceByLink(join(place.commonDirectory, "refs/heads/loop"), "../heads");
    },
  },
  {
    name: "a promisor remote names a program, and an object is missing",
    arm: (place, { programOf }) => {
      const settings = `[core]\n\trepositoryformatversion = 1\n[remote "origin"]\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = ${programOf("promisor_uploadpack")}\n[extensions]\n\tpartialClone = origin\n`;
      appendFileSync(join(place.commonDirectory, "config"), settings);
      writeFileSync(join(place.slotPath, "promised.txt"), "promised\n");
      git(place.slotPath, "add", "promised.txt");
      git(place.slotPath, "commit", "-q", "-m", "an object that the remote promises");
      const blob = git(place.slotPath, "rev-parse", "HEAD:promised.txt");
      rmSync(join(place.commonDirectory, "objects", blob.slice(0, 2), blob.slice(2)));
    },
  },
];

const fifoDiversions: readonly Diversion[] = [
  fifoDiversion("HEAD", inGit("HEAD")),
  fifoDiversion("index", inGit("index")),
  fifoDiversion("config", inCommon("config")),
  fifoDiversion("packed-refs", inCommon("packed-refs")),
  fifoDiversion("a loose ref", inCommon("refs/heads/fifo")),
  fifoDiversion("logs/HEAD", inGit("logs/HEAD")),
  fifoDiversion("shallow", inCommon("shallow")),
  fifoDiversion("objects/info/alternates", inCommon("objects/info/alternates")),
  fifoDiversion("a pack", inPack("pack")),
  fifoDiversion("a pack's index", inPack("idx")),
  fifoDiversion("a loose object", inCommon(`objects/0a/${"b".repeat(38)}`)),
  fifoDiversion("the commit-graph", inCommon("objects/info/commit-graph")),
  fifoDiversion("the multi-pack-index", inCommon("objects/pack/multi-pack-index")),
  fifoDiversion("slot.json", inSlot("slot.json")),
  fifoDiversion("a file of the work tree", inSlot("file.txt")),
];

/** Every way of leading a reader or a writer away that this file knows. */
export const diversions: readonly Diversion[] = [...linkDiversions, ...pathDiversions, ...fifoDiversions];

function layTrapDirectory(directory: string): ArmedTraps {
  if (existsSync(directory))
    throw new Error(`${directory}: expected a trap directory that does not exist yet`);
  const canaries = join(directory, "canaries");
  const sentinel = join(directory, "sentinel");
  const program = join(directory, "program.sh");
  mkdirSync(canaries, { recursive: true });
  writeFileSync(program, `#!/bin/sh\n: > "${canaries}/$1"\nexec cat\n`, { mode: 0o755 });
  laySentinel(sentinel);
  let before = digestTree(sentinel);
  return {
    sentinel,
    programOf: (name) => `${program} ${name}`,
    fired: () => readdirSync(canaries).sort(),
    startOver: () => {
      for (const name of readdirSync(canaries)) rmSync(join(canaries, name));
      before = digestTree(sentinel);
    },
    changedOutside: () => differences(before, digestTree(sentinel)),
  };
}

function laySentinel(sentinel: string): void {
  mkdirSync(join(sentinel, "folder"), { recursive: true });
  writeFileSync(join(sentinel, "file.txt"), "nobody may change this\n");
  writeFileSync(join(sentinel, "folder", "nested.txt"), "nor this\n");
  execFileSync("mkfifo", [join(sentinel, "fifo")]);
  const work = join(sentinel, "work");
  git(sentinel, "init", "-q", "-b", "main", work);
  writeFileSync(join(work, "a.txt"), "a\n");
  git(work, "add", ".");
  git(work, "commit", "-q", "-m", "outside");
  git(sentinel, "clone", "-q", "--bare", work, join(sentinel, "repository.git"));
  mkdirSync(join(sentinel, "repository.git", "logs"));
  renameSync(join(work, ".git", "index"), join(sentinel, "index"));
}

/** Kind, mode, time of change and content of everything below a directory, by path. */
function digestTree(directory: string): Map<string, string> {
  const digests = new Map<string, string>();
  const visit = (path: string): void => {
    const stats = lstatSync(path, { bigint: true });
    const content = stats.isFile()
      ? createHash("sha256").update(readFileSync(path)).digest("hex")
      : stats.isSymbolicLink()
        ? readlinkSync(path)
        : "";
    digests.set(path, `${stats.mode} ${stats.mtimeNs} ${content}`);
    if (stats.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
  };
  visit(directory);
  return digests;
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter((path) => before.get(path) !== after.get(path)).sort();
}

/** One file for each place where a filter can be named: a file has only one. */
const trackedFiles = ["trap.config", "trap.process", "trap.include", "trap.worktree", "trap.info"];

function addTrackedFiles({ slotPath }: TrapPlace): void {
  for (const name of trackedFiles) writeFileSync(join(slotPath, name), "before\n");
  git(slotPath, "add", ...trackedFiles);
  git(slotPath, "commit", "-q", "-m", "files that filters apply to");
}

/** Same size, other content: git cannot tell without running the filter. */
function touchTrackedFiles({ slotPath }: TrapPlace): void {
  for (const name of trackedFiles) writeFileSync(join(slotPath, name), "after!\n");
}

/** Git looks into a submodule with a git of its own, which reads the submodule's own configuration. */
function armSubmodule({ slotPath }: TrapPlace, traps: ArmedTraps): void {
  const submodule = join(slotPath, "submodule");
  restoreRepository(submodule);
  writeFileSync(
    join(slotPath, ".gitmodules"),
    `[submodule "submodule"]\n\tpath = submodule\n\turl = ext::${traps.programOf("gitmodules_url")}\n`,
  );
  git(slotPath, "add", "submodule", ".gitmodules");
  git(slotPath, "commit", "-q", "-m", "a submodule");
  armRepository(submodule, "submodule", traps);
}

/** An untracked repository inside the work tree. */
function armNestedRepository({ slotPath }: TrapPlace, traps: ArmedTraps): void {
  const nested = join(slotPath, "nested");
  restoreRepository(nested);
  armRepository(nested, "nested", traps);
}

function restoreRepository(directory: string): void {
  git(dirname(directory), "init", "-q", "-b", "main", directory);
  writeFileSync(join(directory, "inner.txt"), "before\n");
  git(directory, "add", ".");
  git(directory, "commit", "-q", "-m", "inner");
}

function armRepository(directory: string, name: string, traps: ArmedTraps): void {
  const settings = `[core]\n\tfsmonitor = ${traps.programOf(`${name}_fsmonitor`)}\n${filterConfig(name, traps)}`;
  appendFileSync(join(directory, ".git", "config"), settings);
  writeFileSync(join(directory, ".git", "info", "attributes"), `* filter=${name} diff=${name}\n`);
  armHooks(join(directory, ".git", "hooks"), `${name}_hooks`, traps);
  writeFileSync(join(directory, "inner.txt"), "after!\n");
}

function armAttributes({ slotPath, commonDirectory }: TrapPlace): void {
  const lines = [
    "trap.config filter=config diff=config merge=config",
    "trap.process filter=process",
    "trap.include filter=include",
    "trap.worktree filter=worktree diff=worktree",
  ];
  writeFileSync(join(slotPath, ".gitattributes"), `${lines.join("\n")}\n`);
  mkdirSync(join(commonDirectory, "info"), { recursive: true });
  writeFileSync(join(commonDirectory, "info", "attributes"), "trap.info filter=info diff=info merge=info\n");
}

const hookNames = [
  ...["applypatch-msg", "commit-msg", "fsmonitor-watchman", "post-checkout", "post-commit", "post-merge"],
  ...["post-index-change", "post-receive", "post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc"],
  ...["pre-commit", "pre-merge-commit", "pre-push", "pre-rebase", "pre-receive", "prepare-commit-msg"],
  ...["proc-receive", "push-to-checkout", "reference-transaction", "sendemail-validate", "update"],
];

function armHooks(directory: string, name: string, traps: ArmedTraps): void {
  mkdirSync(directory, { recursive: true });
  for (const hook of hookNames) {
    const script = `#!/bin/sh\nexec ${traps.programOf(`${name}_${hook}`)} < /dev/null\n`;
    writeFileSync(join(directory, hook), script, { mode: 0o755 });
  }
}

function filterConfig(name: string, { programOf }: ArmedTraps): string {
  return [
    `[filter "${name}"]`,
    `\tclean = ${programOf(`${name}_filter_clean`)}`,
    `\tsmudge = ${programOf(`${name}_filter_smudge`)}`,
    "\trequired = true",
    `[diff "${name}"]`,
    `\ttextconv = ${programOf(`${name}_diff_textconv`)}`,
    `\tcommand = ${programOf(`${name}_diff_command`)}`,
    `[merge "${name}"]`,
    `\tdriver = ${programOf(`${name}_merge_driver`)}`,
    "",
  ].join("\n");
}

/** Settings that name a program, by section. */
const programSettings: readonly (readonly [section: string, keys: readonly string[]])[] = [
  ["core", ["fsmonitor", "sshCommand", "editor", "pager", "askPass", "gitProxy", "alternateRefsCommand"]],
  ["sequence", ["editor"]],
  ["pager", ["status", "log", "diff", "branch", "stash"]],
  ["gpg", ["program"]],
  ['gpg "ssh"', ["program", "defaultKeyCommand"]],
  ['gpg "x509"', ["program"]],
  ["diff", ["external"]],
  ["interactive", ["diffFilter"]],
  ["uploadpack", ["packObjectsHook"]],
  ['remote "origin"', ["uploadpack", "receivepack"]],
  ['trailer "trap"', ["command", "cmd"]],
  ['mergetool "trap"', ["cmd"]],
  ['difftool "trap"', ["cmd"]],
  ['tar "trap"', ["command"]],
  ['browser "trap"', ["cmd"]],
];

function trapConfig(place: TrapPlace, traps: ArmedTraps): string {
  const { programOf } = traps;
  const included = join(place.trapDirectory, "included.config");
  writeFileSync(included, filterConfig("include", traps));
  const hooksPath = join(place.trapDirectory, "hooks");
  armHooks(hooksPath, "hooksPath", traps);
  const named = programSettings.flatMap(([section, keys]) => [
    `[${section}]`,
    ...keys.map((key) => `\t${key} = ${programOf(`${section} ${key}`.replace(/[^A-Za-z]+/g, "_"))}`),
  ]);
  return [
    ...named,
    `[core]\n\thooksPath = ${hooksPath}`,
    `[credential]\n\thelper = "!${programOf("credential_helper")}"`,
    "[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[log]\n\tshowSignature = true",
    "[merge]\n\ttool = trap\n[diff]\n\ttool = trap",
    `[alias]\n\tstatus = "!${programOf("alias_status")}"\n\tfsck = "!${programOf("alias_fsck")}"`,
    `[url "ext::${programOf("url_insteadOf")} %S "]\n\tinsteadOf = file://\n\tpushInsteadOf = file://`,
    `[remote "trap"]\n\tvcs = ext\n\turl = "ext::${programOf("remote_vcs")}"\n\tfetch = +refs/heads/*:refs/remotes/trap/*`,
    '[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always',
    `[submodule "submodule"]\n\tactive = true\n\turl = "ext::${programOf("submodule_url")}"\n\tupdate = "!${programOf("submodule_update")}"`,
    "[submodule]\n\trecurse = true\n[fetch]\n\trecurseSubmodules = true\n[status]\n\tsubmoduleSummary = true",
    `[filter "process"]\n\tprocess = ${programOf("filter_process")}`,
    filterConfig("config", traps),
    filterConfig("info", traps),
    `[include]\n\tpath = ${included}`,
    `[includeIf "gitdir:/"]\n\tpath = ${included}`,
    "[extensions]\n\tworktreeConfig = true\n[core]\n\trepositoryformatversion = 1",
    "",
  ].join("\n");
}
