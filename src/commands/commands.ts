import { Command, CommanderError } from "commander";
import { asError, CodedError, UsageError } from "../platform/coded-error.ts";
import type { CommandContext } from "./program/command-context.ts";
import type { DefineCommand } from "./program/command-definition.ts";
import { readEnvironment } from "./program/environment.ts";
import { printable, printableLines } from "./terminal/printable.ts";
import { describeProgram } from "./program/program-info.ts";

/*
 * To add a subcommand: one file here (see program/command-definition.ts for its form), one row in the table below, its
 * tests, and `npm run docs:generate`. Its options get their environment variables, `--help`, and their place in
 * docs/cli.md by themselves. What it prints as JSON is made in views/, so that an HTTP route can answer the same.
 */

interface CommandEntry {
  readonly name: string;
  /** One line, for the program's own `--help`. */
  readonly summary: string;
  readonly load: () => Promise<DefineCommand>;
}

/** Every subcommand, in the order of `--help`. A file is loaded only when its subcommand is named. */
export const commandEntries: readonly CommandEntry[] = [
  {
    name: "serve",
    summary: "collect, export metrics, show the page, take alerts",
    load: async () => (await import("./serve.ts")).defineServe,
  },
  {
    name: "check",
    summary: "detect anomalies, change nothing",
    load: async () => (await import("./check.ts")).defineCheck,
  },
  {
    name: "discover",
    summary: "the work trees below a directory, and the configuration that watches them",
    load: async () => (await import("./discover.ts")).defineDiscover,
  },
  {
    name: "sources",
    summary: "where tools keep work trees, as presets of a source",
    load: async () => (await import("./sources.ts")).defineSources,
  },
  {
    name: "recover",
    summary: "repair one slot, or everything that is broken",
    load: async () => (await import("./recover.ts")).defineRecover,
  },
  {
    name: "isolate",
    summary: "take a slot out of rotation",
    load: async () => (await import("./isolate.ts")).defineIsolate,
  },
  {
    name: "status",
    summary: "every pool at a glance",
    load: async () => (await import("./status.ts")).defineStatus,
  },
  {
    name: "slots",
    summary: "every slot, its state and what is wrong with it",
    load: async () => (await import("./slots.ts")).defineSlots,
  },
  {
    name: "why",
    summary: "the evidence about a slot",
    load: async () => (await import("./why.ts")).defineWhy,
  },
  {
    name: "history",
    summary: "the steps of recoveries, and how each ended",
    load: async () => (await import("./history.ts")).defineHistory,
  },
  {
    name: "pool",
    summary: "create pools, list them, add and remove slots",
    load: async () => (await import("./pool.ts")).definePool,
  },
  {
    name: "allocate",
    summary: "allocate a slot, cleaned and up to date",
    load: async () => (await import("./allocate.ts")).defineAllocate,
  },
  {
    name: "release",
    summary: "end an allocation, with unsaved work saved; or end a hold",
    load: async () => (await import("./release.ts")).defineRelease,
  },
  {
    name: "hold",
    summary: "claim, for some time, a work tree that no pool manager has",
    load: async () => (await import("./hold.ts")).defineHold,
  },
  {
    name: "reclaim",
    summary: "save and move away work trees that nobody uses; or bring one back",
    load: async () => (await import("./reclaim.ts")).defineReclaim,
  },
  {
    name: "heartbeat",
    summary: "report that the agent in a slot is alive",
    load: async () => (await import("./heartbeat.ts")).defineHeartbeat,
  },
  {
    name: "locks",
    summary: "slot locks: list, clean, unlock",
    load: async () => (await import("./locks.ts")).defineLocks,
  },
  {
    name: "salvage",
    summary: "saved work: list, show, restore, prune",
    load: async () => (await import("./salvage.ts")).defineSalvage,
  },
  {
    name: "recoveries",
    summary: "what waits to be recovered; approve or reject it",
    load: async () => (await import("./recoveries.ts")).defineRecoveries,
  },
  {
    name: "pause",
    summary: "hold recoveries back, or list the pauses",
    load: async () => (await import("./pause.ts")).definePause,
  },
  {
    name: "resume",
    summary: "end a pause",
    load: async () => (await import("./resume.ts")).defineResume,
  },
  {
    name: "config",
    summary: "check a configuration file, or print its schema",
    load: async () => (await import("./config.ts")).defineConfig,
  },
  {
    name: "alertmanager-config",
    summary: "print Alertmanager's receivers for a list of hosts",
    load: async () => (await import("./alertmanager-config.ts")).defineAlertmanagerConfig,
  },
  {
    name: "demo",
    summary: "a pool with one of each anomaly, served and recovered before your eyes",
    load: async () => (await import("./demo.ts")).defineDemo,
  },
];

/** Runs the subcommand that the arguments name. @returns the exit code */
export async function runCommand(
  args: readonly string[],
  given: Omit<CommandContext, "setExitCode">,
): Promise<number> {
  let exitCode = 0;
  const context: CommandContext = {
    ...given,
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  try {
    const program = await createProgram(context, namedCommands(args));
    // A bad variable must not keep the help from somebody who asks for it.
    if (!args.includes("--help") && !args.includes("-h")) readEnvironment(program, context.env);
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = asError(thrown);
    const message = printableLines(error.message.split("\n"));
    context.warn(error instanceof CodedError ? `${error.code}: ${message}` : message);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** The program with the definitions of the wanted subcommands; the others are known by name and summary alone. */
export async function createProgram(
  context: CommandContext,
  isWanted: (name: string) => boolean,
): Promise<Command> {
  const program = new Command("repo-pool-sidecar")
    .description("Watches pools of pre-cloned git workspaces, and repairs them without losing work.")
    .version(describeProgram(context.program), "--version", "print the version and what it was built from")
    .helpOption("-h, --help", "print this help")
    .configureOutput(outputOf(context))
    .addHelpText(
      "after",
      "\nEvery flag can also be given by the environment: REPO_POOL_SIDECAR_WEB_LISTEN_ADDRESS for --web.listen-address.",
    )
    .exitOverride();
  for (const { name, summary, load } of commandEntries) {
    const command = program.command(name).summary(summary);
    if (isWanted(name)) (await load())(command, context);
  }
  return program;
}

function namedCommands(args: readonly string[]): (name: string) => boolean {
  const [first, second] = args.filter((argument) => !argument.startsWith("-"));
  const named = first === "help" ? second : first;
  return (name) => name === named;
}

function outputOf(context: CommandContext) {
  const withoutLastBreak = (text: string) => text.replace(/\n$/, "");
  return {
    writeOut: (text: string) => {
      context.print(withoutLastBreak(text));
    },
    writeErr: (text: string) => {
      context.warn(withoutLastBreak(text).split("\n").map(printable).join("\n"));
    },
    getOutHelpWidth: () => context.terminal.columns ?? 80,
    getErrHelpWidth: () => context.errorTerminal.columns ?? 80,
    getOutHasColors: () => context.terminal.hasColours,
    getErrHasColors: () => context.errorTerminal.hasColours,
  };
}
