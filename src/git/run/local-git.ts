import type { ChildProcess, SpawnOptions } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import type { SimpleGit, SimpleGitFactory, SimpleGitOptions } from "simple-git";
import { asError } from "../../platform/coded-error.ts";
import type { GitCommand, GitResult } from "./git-command.ts";
import { gitArguments, gitEnvironment, gitProcessOptions } from "./git-invocation.ts";
import { superviseGit } from "./git-process.ts";
import { currentGitScope, type GitScope } from "./git-scope.ts";

/** A command whose input and output are no streams. */
export type LocalGitCommand = Omit<GitCommand, "input" | "feed" | "onOutput">;

/** What simple-git would refuse of our own settings. Whatever else it takes for unsafe, it goes on refusing. */
function permittedFor({ settings = [] }: LocalGitCommand): SimpleGitOptions["unsafe"] {
  return {
    allowUnsafeAskPass: true,
    allowUnsafeConfigPaths: true,
    allowUnsafeFsMonitor: true,
    allowUnsafeHooksPath: true,
    // Those of the user's or the system's own configuration: nobody else's reach the command line.
    allowUnsafeFilter: settings.some((setting) => setting.startsWith("filter.")),
  };
}

/** Loaded with the first command: a plain `check` loads no package. */
let simpleGit: SimpleGitFactory | undefined;

/** Runs a short local command through simple-git. One attempt, not counted in the metrics. Throws nothing. */
export async function runLocalGit(command: LocalGitCommand): Promise<GitResult> {
  const scope = currentGitScope();
  let result: Promise<GitResult> | undefined;
  try {
    const git = await createLocalGit(command, scope, (child) => {
      result = superviseGit(child, command, scope);
    });
    await git.raw(gitArguments(command));
  } catch (cause) {
    result ??= Promise.resolve({ kind: "unavailable", cause: asError(cause) });
  }
  return result ?? { kind: "unavailable", cause: new Error("simple-git started nothing") };
}

/**
 * A simple-git instance for one command, with the environment, process group and inherited locks that every
 * other git command has. `onStarted` takes over the process: simple-git itself takes a failure without output for a success,
 * ends only git itself when time is up, and keeps all output.
 */
async function createLocalGit(
  command: LocalGitCommand,
  scope: GitScope | undefined,
  onStarted: (child: ChildProcess) => void,
): Promise<SimpleGit> {
  simpleGit ??= await loadSimpleGit();
  leaveLostDirectory();
  const { cwd: baseDir, ...options } = gitProcessOptions(command, scope, "ignore");
  const env = gitEnvironment(command, scope);
  const git = simpleGit({
    baseDir,
    completion: { onClose: true, onExit: false },
    allowEnvironment: Object.keys(env),
    unsafe: permittedFor(command),
    errors: () => undefined,
  }).env(env);
  const plugins = pluginsOf(git);
  plugins.append("spawn.options", (given) => {
    isStarting = true;
    return { ...given, ...options };
  });
  plugins.append("spawn.after", (_, { spawned }) => {
    // Else it waits 50 ms for what a command without output may still print.
    spawned.stdout?.emit("data", Buffer.alloc(0));
    onStarted(spawned);
  });
  return git;
}

/** simple-git's own plugins are such functions. There is no public way to them; the version is pinned, and tested. */
interface Plugins {
  append(type: "spawn.options", change: (given: SpawnOptions) => SpawnOptions): void;
  append(type: "spawn.after", act: (_: undefined, process: { readonly spawned: ChildProcess }) => void): void;
}

function pluginsOf(git: SimpleGit): Plugins {
  const { _plugins: plugins } = git as unknown as { readonly _plugins?: Partial<Plugins> };
  if (typeof plugins?.append !== "function") throw new Error("this version of simple-git is not known");
  return plugins as Plugins;
}

/** simple-git calls `process.cwd()` before it looks at `baseDir`; that fails if the working directory was removed. */
function leaveLostDirectory(): void {
  try {
    process.cwd();
  } catch {
    process.chdir("/");
  }
}

/** True from when simple-git asks with which options it is to start git until it does, which is at once. */
let isStarting = false;

async function loadSimpleGit(): Promise<SimpleGitFactory> {
  const loaded = await import("simple-git");
  // Without free descriptors Node makes no pipes: simple-git stumbles over that before it listens for errors, and the
  // error of the process, which nobody hears, would end our own.
  subscribe("child_process", (message) => {
    if (isStarting) (message as { process: ChildProcess }).process.on("error", () => undefined);
    isStarting = false;
  });
  return loaded.simpleGit;
}
