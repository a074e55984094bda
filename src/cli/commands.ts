import { Command, CommanderError, Option } from "commander";
import { asError, CodedError, UsageError } from "../platform/coded-error.ts";
import { parsePositiveNumber, withCommonOptions, type CommandContext } from "./command-context.ts";
import type { CheckOptions } from "./check.ts";
import type { DemoOptions } from "./demo.ts";
import type { IsolateOptions } from "./isolate.ts";
import type { RecoverOptions } from "./recover.ts";
import type { ServeOptions } from "./serve.ts";

/** Runs the subcommand that the arguments name, and says what became of it as an exit code. */
export async function runCommand(
  args: readonly string[],
  version: string,
  context: Omit<CommandContext, "setExitCode">,
): Promise<number> {
  let exitCode = 0;
  const program = createProgram(version, {
    ...context,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
    const error = asError(thrown);
    context.warn(error instanceof CodedError ? `${error.code}: ${error.message}` : error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Each subcommand is loaded when it runs, not before. */
function createProgram(version: string, context: CommandContext): Command {
  const program = new Command("repo-pool-sidecar")
    .description("Watches pools of pre-cloned git workspaces, and repairs them without losing work.")
    .version(version)
    .exitOverride();
  addCheck(program, context);
  addRecover(program, context);
  addIsolate(program, context);
  addServe(program, { version, context });
  addDemo(program, { version, context });
  return program;
}

function addCheck(program: Command, context: CommandContext): void {
  withCommonOptions(program.command("check"))
    .description("detect anomalies, change nothing")
    .option("--deep", "look as deep as git fsck")
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .action(async (options: CheckOptions) => {
      const { check } = await import("./check.ts");
      await check(options, context);
    });
}

function addRecover(program: Command, context: CommandContext): void {
  const strategy = new Option("--strategy <name>", "a set of options; single options win over it");
  withCommonOptions(program.command("recover [slot]"))
    .description("repair one slot, or everything that is broken")
    .addOption(strategy.choices(["conservative", "aggressive", "maintenance"]))
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .option("--deep", "look as deep as git fsck")
    .option("--dry-run", "say what would be done, change nothing")
    .option("--force", "with a slot: mark it available even where repair failed")
    .option("--include-alive", "a forced release also ends an allocation that is alive")
    .option("--allow-pool-rebuild", "a worktree pool's shared repository may be cloned anew")
    .option("--allow-root", "as root, change slots of another owner too")
    .option("--lock-timeout <seconds>", "how long to wait for locks", parsePositiveNumber)
    .option("--recover-corrupted", "repair corrupted slots (default)")
    .option("--no-recover-corrupted", "leave corrupted slots alone")
    .option("--cleanup-orphaned-locks", "move orphaned locks aside (default)")
    .option("--no-cleanup-orphaned-locks", "leave orphaned locks alone")
    .option("--force-release-long-allocated", "release long-allocated slots")
    .option("--no-force-release-long-allocated", "leave long-allocated slots alone (default)")
    .action(async (slotId: string | undefined, options: RecoverOptions) => {
      const { recover } = await import("./recover.ts");
      await recover(slotId, options, context);
    });
}

function addIsolate(program: Command, context: CommandContext): void {
  withCommonOptions(program.command("isolate <slot>"))
    .description("take a slot out of rotation")
    .requiredOption("--reason <text>", "why")
    .action(async (slotId: string, options: IsolateOptions) => {
      const { isolate } = await import("./isolate.ts");
      await isolate(slotId, options, context);
    });
}

interface ServingParts {
  readonly version: string;
  readonly context: CommandContext;
}

function addServe(program: Command, { version, context }: ServingParts): void {
  withCommonOptions(program.command("serve"))
    .description("collect, export metrics, show the page, take alerts")
    .option("--web.listen-address <address...>", "where to listen; repeatable (default: 127.0.0.1:10469)")
    .option("--web.config.file <file>", "TLS and users, in the form of Prometheus's exporters")
    .option("--web.telemetry-path <path>", "where the metrics are (default: /metrics)")
    .option("--web.external-url <url>", "how people reach the page from outside")
    .addOption(new Option("--log.level <level>", "what to log").choices(["debug", "info", "warn", "error"]))
    .addOption(new Option("--log.format <format>", "how to log").choices(["json", "logfmt", "pretty"]))
    .addHelpText("after", "\nExample:\n  repo-pool-sidecar serve --config.file sidecar.yaml")
    .action(async (options: ServeOptions) => {
      const { serve } = await import("./serve.ts");
      await serve(options, version, context);
    });
}

function addDemo(program: Command, { version, context }: ServingParts): void {
  program
    .command("demo")
    .description("a pool with one of each anomaly, served and recovered before your eyes")
    .option("--web.listen-address <address>", "where to listen (default: 127.0.0.1:10469, else a free port)")
    .option("--exit-after-recovery", "end when the recovery is shown, instead of serving on")
    .action(async (options: DemoOptions) => {
      const { demo } = await import("./demo.ts");
      await demo(options, version, context);
    });
}
