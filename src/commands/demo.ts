import type { CommandContext } from "./program/command-context.ts";
import { withExamples, type DefineCommand } from "./program/command-definition.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

interface DemoOptions {
  readonly "web.listenAddress"?: string;
  readonly exitAfterRecovery?: boolean;
}

export const defineDemo: DefineCommand = (command, context) => {
  command
    .description("A pool with one of each anomaly, served and recovered before your eyes.")
    .option("--web.listen-address <address>", "where to listen (default: 127.0.0.1:10469, else a free port)")
    .option("--exit-after-recovery", "end when the recovery is shown, instead of serving on")
    .action((options: DemoOptions) => demo(options, context));
  withExamples(command, [
    ["demo", "look at the page until you press Ctrl-C"],
    ["demo --exit-after-recovery", "only what is printed"],
  ]);
};

/** Shows the main job on pools of its own; leaves nothing behind. */
async function demo(options: DemoOptions, context: CommandContext): Promise<void> {
  const stopped = untilStopSignal();
  const { runDemo } = await import("../serve/demo/run-demo.ts");
  await runDemo({
    version: context.program.version,
    revision: context.program.revision,
    runbooksDir: context.program.runbooksDir,
    invocation: context.program.invocation,
    listenAddress: options["web.listenAddress"],
    until: options.exitAfterRecovery === true ? Promise.resolve() : stopped,
    print: (text) => {
      context.print(text);
    },
  });
}
