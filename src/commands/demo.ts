import type { CommandContext } from "./program/command-context.ts";
import { withExamples, type DefineCommand } from "./program/command-definition.ts";
import { untilEnter } from "./terminal/enter.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

interface DemoOptions {
  readonly "web.listenAddress"?: string;
  readonly step?: boolean;
  readonly exitAfterRecovery?: boolean;
}

export const defineDemo: DefineCommand = (command, context) => {
  command
    .description(
      "Pools with one of each anomaly and an agent's work tree, served and recovered before your eyes.",
    )
    .option("--web.listen-address <address>", "where to listen (default: 127.0.0.1:10469, else a free port)")
    .option("--step", "wait for Enter before the alerts, the recovery, the forced release and the reclaim")
    .option("--exit-after-recovery", "end when the recovery is shown, instead of serving on")
    .action((options: DemoOptions) => demo(options, context));
  withExamples(command, [
    ["demo", "look at the page until you press Ctrl-C"],
    ["demo --step", "look at the page while the slots are broken"],
    ["demo --exit-after-recovery", "only what is printed"],
  ]);
};

/** Shows the main job on pools of its own; leaves nothing behind. */
async function demo({ step = false, ...options }: DemoOptions, context: CommandContext): Promise<void> {
  const { program } = context;
  let isStopped = false;
  const stopped = untilStopSignal().then(() => {
    isStopped = true;
    context.warn("stopping after what is running; everything is removed");
    return false;
  });
  const untilEnd = (): Promise<unknown> => {
    if (options.exitAfterRecovery === true) return Promise.resolve();
    context.print("\nCtrl-C ends the demo and removes everything.");
    return stopped;
  };
  const { runDemo } = await import("../serve/demo/run-demo.ts");
  const demonstrated = runDemo({
    program,
    listenAddress: options["web.listenAddress"],
    isStepwise: step,
    untilEnd,
    print: (text) => {
      context.print(text);
    },
    goOn: (what) => {
      if (!step || isStopped) return Promise.resolve(!isStopped);
      context.print(`\nPress Enter to ${what}.`);
      return Promise.race([untilEnter().then(() => true), stopped]);
    },
  });
  await demonstrated.catch((error: unknown) => {
    // Ctrl-C ends the commands that the demo runs, too.
    if (!isStopped) throw error;
  });
  // An open pipe would keep the program from ending.
  if (step) process.stdin.destroy();
}
