import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGit } from "../../src/git/run/detached-git.ts";
import type { GitCommand, GitResult } from "../../src/git/run/git-command.ts";
import { maxOutputBytes } from "../../src/git/run/git-process.ts";
import { recoveryIdVariable, withGitScope } from "../../src/git/run/git-scope.ts";
import { runLocalGit } from "../../src/git/run/local-git.ts";
import { git } from "../kit/real-pool.ts";
import { sampleOf } from "../kit/sample.ts";
import { until } from "../kit/until.ts";

const doors: readonly { door: string; run: (command: GitCommand) => Promise<GitResult> }[] = [
  { door: "simple-git", run: runLocalGit },
  { door: "the detached spawn", run: startGit },
];
const timeoutSeconds = 60;

let root: string;
let server: Server | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-doors-"));
  mkdirSync(canaries());
  writeFileSync(program(), `#!/bin/sh\n: > "${canaries()}/fired"\n`, { mode: 0o755 });
  git(root, "init", "-q", "-b", "main", repository());
  writeFileSync(join(repository(), "file.txt"), "before\n");
  git(repository(), "add", ".");
  git(repository(), "commit", "-q", "-m", "first");
  execFileSync("git", ["init", "-q", "--bare", own()]);
  writeFileSync(join(own(), "objects", "info", "alternates"), `${slotGit()}/objects\n`);
  writeFileSync(join(own(), "HEAD"), `${git(repository(), "rev-parse", "HEAD")}\n`);
});

afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(root, { recursive: true, force: true });
});

const canaries = (): string => join(root, "canaries");
const program = (): string => join(root, "program.sh");
/** What somebody else wrote, with a work tree. */
const repository = (): string => join(root, "slot");
const slotGit = (): string => join(repository(), ".git");
/** A git directory of ours that borrows the objects, as the scratch repositories do. */
const own = (): string => join(root, "own.git");
const fired = (): string[] => readdirSync(canaries());
const configure = (text: string): void => {
  appendFileSync(join(slotGit(), "config"), text);
};
const changeFile = (): void => {
  writeFileSync(join(repository(), "file.txt"), "after!\n");
};

/** One way of naming a program, a plain git command that runs it, and the command that we give git. */
interface Trap {
  readonly name: string;
  readonly arm: () => void | Promise<void>;
  readonly plain: readonly string[];
  /** Through the slot's own git directory, or through ours with the slot as the work tree. */
  readonly through: "slot" | "own";
  readonly command?: Partial<GitCommand>;
}

const traps: readonly Trap[] = [
  {
    name: "a hook",
    arm: () => {
      const hook = join(slotGit(), "hooks", "reference-transaction");
      mkdirSync(join(slotGit(), "hooks"), { recursive: true });
      writeFileSync(hook, `#!/bin/sh\nexec ${program()}\n`, { mode: 0o755 });
    },
    plain: ["update-ref", "refs/heads/other", "HEAD"],
    through: "slot",
  },
  {
    name: "core.hooksPath",
    arm: () => {
      const hooks = join(root, "hooks");
      mkdirSync(hooks);
      const hook = `#!/bin/sh\nexec ${program()}\n`;
      writeFileSync(join(hooks, "reference-transaction"), hook, { mode: 0o755 });
      configure(`[core]\n\thooksPath = ${hooks}\n`);
    },
    plain: ["update-ref", "refs/heads/other", "HEAD"],
    through: "slot",
  },
  {
    name: "core.fsmonitor",
    arm: () => {
      configure(`[core]\n\tfsmonitor = ${program()}\n`);
    },
    plain: ["update-index", "--refresh"],
    through: "slot",
  },
  {
    name: "core.sshCommand",
    arm: () => {
      configure(`[core]\n\tsshCommand = ${program()}\n`);
    },
    plain: ["ls-remote", "ssh://host.invalid/repository"],
    through: "slot",
  },
  {
    name: "remote.<name>.uploadpack",
    arm: () => {
      configure(`[remote "origin"]\n\turl = ${own()}\n\tuploadpack = ${program()}\n`);
    },
    plain: ["ls-remote", "origin"],
    through: "slot",
  },
  {
    name: "url.<base>.insteadOf with the ext protocol allowed",
    arm: () => {
      configure(`[url "ext::${program()} "]\n\tinsteadOf = file://\n[protocol "ext"]\n\tallow = always\n`);
    },
    plain: ["ls-remote", "file:///repository"],
    through: "slot",
    command: { allowedProtocols: ["file", "git", "http", "https", "ssh"] },
  },
  {
    name: "core.alternateRefsCommand",
    arm: () => {
      const borrowed = join(root, "borrowed.git");
      git(root, "clone", "-q", "--bare", repository(), borrowed);
      writeFileSync(join(slotGit(), "objects", "info", "alternates"), `${borrowed}/objects\n`);
      const remote = join(root, "remote");
      git(root, "clone", "-q", repository(), remote);
      git(remote, "commit", "-q", "--allow-empty", "-m", "second");
      configure(
        `[core]\n\talternateRefsCommand = ${program()}\n[remote "origin"]\n\turl = ${join(root, "remote")}\n`,
      );
    },
    plain: ["fetch", "origin", "main"],
    through: "slot",
    command: { allowedProtocols: ["file"] },
  },
  {
    name: "core.pager",
    arm: () => {
      configure(`[core]\n\tpager = ${program()}\n`);
    },
    plain: ["grep", "--open-files-in-pager", "before"],
    through: "slot",
  },
  {
    name: "an alias that hides a command",
    arm: () => {
      configure(`[alias]\n\tcheckup = "!${program()}"\n`);
    },
    plain: ["checkup"],
    through: "own",
  },
  {
    name: "core.editor",
    arm: () => {
      configure(`[core]\n\teditor = ${program()}\n`);
    },
    plain: ["tag", "--annotate", "noted"],
    through: "own",
  },
  {
    name: "gpg.program",
    arm: () => {
      const signed = git(repository(), "cat-file", "commit", "HEAD").replace(
        "\n\n",
        "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n",
      );
      const options = { cwd: repository(), input: `${signed}\n`, encoding: "utf8" } as const;
      const commit = execFileSync("git", ["hash-object", "-t", "commit", "-w", "--stdin"], options).trim();
      writeFileSync(join(own(), "HEAD"), `${commit}\n`);
      git(repository(), "reset", "-q", "--soft", commit);
      configure(`[log]\n\tshowSignature = true\n[gpg]\n\tprogram = ${program()}\n`);
    },
    plain: ["log", "-1"],
    through: "own",
  },
  {
    name: "credential.helper",
    arm: async () => {
      server = createServer((_, response) => response.writeHead(401, { "www-authenticate": "Basic" }).end());
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      configure(
        `[credential]\n\thelper = "!${program()}"\n[remote "web"]\n\turl = http://127.0.0.1:${port}/x\n`,
      );
      appendFileSync(join(own(), "config"), `[remote "web"]\n\turl = http://127.0.0.1:${port}/x\n`);
    },
    plain: ["ls-remote", "web"],
    through: "own",
    command: { allowedProtocols: ["http"] },
  },
  ...["clean", "process"].map((key) => ({
    name: `filter.<name>.${key}`,
    arm: () => {
      configure(`[filter "trap"]\n\t${key} = ${program()}\n`);
      writeFileSync(join(repository(), ".gitattributes"), "* filter=trap\n");
      changeFile();
    },
    plain: ["status", "--porcelain"],
    through: "own" as const,
  })),
  {
    name: "filter.<name>.smudge",
    arm: () => {
      configure(`[filter "trap"]\n\tsmudge = ${program()}\n`);
      writeFileSync(join(repository(), ".gitattributes"), "* filter=trap\n");
      // An index without the times of files: one written in the same second over the same inode would pass for checked out.
      git(repository(), "read-tree", "HEAD");
      writeFileSync(join(own(), "index"), readFileSync(join(slotGit(), "index")));
    },
    plain: ["checkout-index", "--all", "--force"],
    through: "own",
  },
  {
    name: "include.path",
    arm: () => {
      writeFileSync(join(root, "included"), `[filter "trap"]\n\tclean = ${program()}\n`);
      configure(`[include]\n\tpath = ${join(root, "included")}\n`);
      writeFileSync(join(repository(), ".gitattributes"), "* filter=trap\n");
      changeFile();
    },
    plain: ["status", "--porcelain"],
    through: "own",
  },
  {
    name: "diff.<name>.textconv",
    arm: () => {
      configure(`[diff "trap"]\n\ttextconv = ${program()}\n`);
      writeFileSync(join(repository(), ".gitattributes"), "* diff=trap\n");
      changeFile();
    },
    plain: ["diff", "HEAD"],
    through: "own",
  },
  {
    name: "diff.external",
    arm: () => {
      configure(`[diff]\n\texternal = ${program()}\n`);
      changeFile();
    },
    plain: ["diff", "HEAD"],
    through: "own",
  },
];

/** As a person's git would: with the slot's configuration, and whatever it names. */
async function runPlainly(args: readonly string[]): Promise<void> {
  const options = { cwd: repository(), stdio: "ignore", env: plainEnvironment, timeout: 60_000 } as const;
  await once(spawn("git", args, options), "close");
}

const plainEnvironment = {
  PATH: process.env["PATH"],
  HOME: "/nonexistent",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_COMMITTER_NAME: "t",
  GIT_COMMITTER_EMAIL: "t@example.invalid",
};

describe.each(doors)("git through $door", ({ door, run }) => {
  test.each(sampleOf(traps, 10, `traps for ${door}`))(
    "never runs what $name names, and plain git does",
    async ({ arm, plain, through, command }) => {
      await arm();
      const place =
        through === "slot"
          ? { gitDirectory: slotGit() }
          : { gitDirectory: own(), settings: ["core.bare=false"] };
      await run({
        ...place,
        args: plain,
        workTree: repository(),
        cwd: repository(),
        timeoutSeconds,
        ...command,
      });
      expect(fired()).toEqual([]);
      await runPlainly(plain);
      expect(fired()).toEqual(["fired"]);
    },
  );

  test("looks into the work tree that it was given, not into the one that core.worktree names", async () => {
    mkdirSync(join(root, "outside"));
    writeFileSync(join(root, "outside", "secret.txt"), "secret\n");
    configure(`[core]\n\tworktree = ${join(root, "outside")}\n`);
    const args = ["ls-files", "--others"];
    const result = await run({ args, gitDirectory: slotGit(), workTree: repository(), timeoutSeconds });
    expect(result).toEqual({ kind: "done", stdout: "", stderr: "" });
    expect(git(repository(), ...args)).toBe("secret.txt");
  });

  test("is refused an ext URL", async () => {
    const result = await run({ args: ["ls-remote", `ext::${program()}`], timeoutSeconds });
    expect(result).toMatchObject({ kind: "failed", exitCode: 128 });
    expect(fired()).toEqual([]);
  });

  test("gets nothing of our own environment", async () => {
    configure(`[filter "tell"]\n\tclean = "env > ${join(root, "told")}; cat"\n`);
    writeFileSync(join(repository(), ".gitattributes"), "* filter=tell\n");
    changeFile();
    process.env["GIT_TRACE"] = join(root, "trace");
    try {
      await run({
        args: ["add", "file.txt"],
        gitDirectory: slotGit(),
        workTree: repository(),
        timeoutSeconds,
      });
    } finally {
      delete process.env["GIT_TRACE"];
    }
    const names = readFileSync(join(root, "told"), "utf8").match(/^\w+(?==)/gm) ?? [];
    // Of git itself, of the shell, and of simple-git, which forbids shortened options.
    const added = [
      "GIT_DIR",
      "GIT_WORK_TREE",
      "GIT_PREFIX",
      "GIT_EXEC_PATH",
      "GIT_PAGER",
      "PWD",
      "SHLVL",
      "_",
    ];
    const foreign = names.filter(
      (name) =>
        !added.includes(name) && !/^GIT_(?:CONFIG_(?:COUNT|KEY|VALUE|PARAMETERS)|TEST_DISALLOW)/.test(name),
    );
    expect(foreign.sort()).toEqual([
      ...["GIT_ALLOW_PROTOCOL", "GIT_ASKPASS", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL"],
      ...["GIT_CONFIG_NOSYSTEM", "GIT_NO_LAZY_FETCH", "GIT_NO_REPLACE_OBJECTS", "GIT_OPTIONAL_LOCKS"],
      ...["GIT_TERMINAL_PROMPT", "HOME", "LC_ALL", "PATH", "SSH_ASKPASS"],
    ]);
    expect(readdirSync(root)).not.toContain("trace");
  });

  /** A helper of git's that heeds no signal but the last, and has a child. */
  function armSleeper(): GitCommand {
    const script = `trap '' TERM INT; sleep 1000 & echo $$ $! > ${join(root, "pids")}; wait; wait`;
    configure(`[filter "slow"]\n\tclean = "${script}"\n`);
    writeFileSync(join(repository(), ".gitattributes"), "* filter=slow\n");
    changeFile();
    return { args: ["add", "file.txt"], gitDirectory: slotGit(), workTree: repository(), timeoutSeconds };
  }
  const readPids = (): number[] => readFileSync(join(root, "pids"), "utf8").trim().split(" ").map(Number);
  const hasPids = (): boolean =>
    readdirSync(root).includes("pids") && readFileSync(join(root, "pids"), "utf8").endsWith("\n");
  const isAlive = (pid: number): boolean => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };

  test("ends with all that it started when its time is up", async () => {
    const result = await run({ ...armSleeper(), timeoutSeconds: 2 });
    expect(result.kind).toBe("timeout");
    expect(readPids()).toHaveLength(2);
    await until("the end of all", () => !readPids().some(isAlive) || undefined);
  });

  test("ends with all that it started when the caller's signal says so", async () => {
    const stop = new AbortController();
    const running = run({ ...armSleeper(), signal: stop.signal });
    await until("the helper", () => hasPids() || undefined);
    expect(readPids().every(isAlive)).toBe(true);
    stop.abort();
    expect((await running).kind).toBe("timeout");
    await until("the end of all", () => !readPids().some(isAlive) || undefined);
  });

  test("is not begun, or ended at once, when the signal has been given", async () => {
    const result = await run({ ...armSleeper(), signal: AbortSignal.abort() });
    expect(result.kind).toBe("timeout");
  });

  test("fails when it exits with an error and says nothing", async () => {
    const args = ["rev-parse", "--verify", "--quiet", "refs/heads/none"];
    const result = await run({ args, gitDirectory: slotGit(), timeoutSeconds });
    expect(result).toEqual({ kind: "failed", exitCode: 1, stdout: "", stderr: "" });
  });

  test("fails when it prints more than is kept, and gives the beginning", async () => {
    const line = "x".repeat(1023);
    writeFileSync(join(repository(), "large.txt"), `${line}\n`.repeat(maxOutputBytes / 1024));
    const object = git(repository(), "hash-object", "-w", "large.txt");
    const show = (): Promise<GitResult> =>
      run({ args: ["cat-file", "blob", object], gitDirectory: slotGit(), timeoutSeconds });
    writeFileSync(join(repository(), "larger.txt"), `${line}\n`.repeat(maxOutputBytes / 1024) + "y");
    expect((await show()).kind).toBe("done");
    const larger = git(repository(), "hash-object", "-w", "larger.txt");
    const cut = await run({ args: ["cat-file", "blob", larger], gitDirectory: slotGit(), timeoutSeconds });
    expect(cut.kind).toBe("output_limit");
    expect(cut).toHaveProperty("stdout.length", maxOutputBytes);
  });

  test("is unavailable when it cannot be started", async () => {
    const result = await run({ args: ["version"], cwd: join(root, "none"), timeoutSeconds });
    expect(result.kind).toBe("unavailable");
  });

  test("inherits the locks of its recovery step and is named to the journal, so that a dead run's git is found", async () => {
    const lock = openSync(join(root, "lock"), "w");
    const groups: number[] = [];
    const stop = new AbortController();
    const scope = {
      inheritedDescriptors: [lock],
      recoveryId: "a-run",
      onStarted: (group: number) => groups.push(group),
    };
    try {
      const running = withGitScope(scope, () => run({ ...armSleeper(), signal: stop.signal }));
      await until("the helper", () => hasPids() || undefined);
      const [leader = 0] = groups;
      expect(groups).toHaveLength(1);
      const stat = readFileSync(`/proc/${leader}/stat`, "utf8");
      expect(Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])).toBe(leader);
      expect(readFileSync(`/proc/${leader}/environ`, "utf8")).toContain(`${recoveryIdVariable}=a-run\0`);
      const files = execFileSync("ls", ["-l", `/proc/${leader}/fd`], { encoding: "utf8" });
      expect(files).toContain(join(root, "lock"));
      stop.abort();
      await running;
    } finally {
      closeSync(lock);
    }
  });

  test("does not run when the journal cannot be told of it", async () => {
    const scope = {
      inheritedDescriptors: [],
      recoveryId: "a-run",
      onStarted: () => {
        throw new Error("the disk is full");
      },
    };
    const countTimers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const timersBefore = countTimers();
    const result = await withGitScope(scope, () => run(armSleeper()));
    expect(result).toMatchObject({ kind: "unavailable", cause: { message: "the disk is full" } });
    // One that waits for the end of git would keep the program from ending.
    expect(countTimers()).toBe(timersBefore);
  });

  test("is told apart from a failure if a signal ended it or a helper of it", async () => {
    let leader = 0;
    const onStarted = (group: number): void => {
      leader = group;
    };
    const running = withGitScope({ inheritedDescriptors: [], recoveryId: "a-run", onStarted }, () =>
      run(armSleeper()),
    );
    await until("the helper", () => hasPids() || undefined);
    process.kill(-leader, "SIGKILL");
    const killed = { kind: "killed", detail: "git was ended by SIGKILL", signal: "SIGKILL" };
    expect(await running).toMatchObject(killed);
    configure(`[filter "slow"]\n\tclean = "kill -9 $$"\n\trequired = true\n`);
    const args = ["hash-object", "--path=file.txt", "file.txt"];
    const ofHelper = await run({ args, gitDirectory: slotGit(), cwd: repository(), timeoutSeconds });
    expect(ofHelper).toMatchObject({ kind: "killed" });
  });
});

test("simple-git refuses a setting that names a program, whoever passes it", async () => {
  for (const setting of ["core.sshCommand", "core.pager", "credential.helper", "diff.external", "alias.x"]) {
    const command = { args: ["version"], settings: [`${setting}=${program()}`], timeoutSeconds };
    expect(await runLocalGit(command)).toHaveProperty(
      "cause.message",
      expect.stringContaining("not permitted"),
    );
  }
});
