import { runDemo } from "../serve/demo/run-demo.ts";
import type { CommandContext } from "./program/command-context.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

export interface DemoOptions {
  readonly "web.listenAddress"?: string;
  readonly exitAfterRecovery?: boolean;
}

/** Shows the main job on pools of its own; leaves nothing behind. */
export async function demo(options: DemoOptions, context: CommandContext): Promise<void> {
  const stopped = untilStopSignal();
  await runDemo({
    version: context.program.version,
    revision: context.program.revision,
    listenAddress: options["web.listenAddress"],
    until: options.exitAfterRecovery === true ? Promise.resolve() : stopped,
    print: (text) => {
      context.print(text);
    },
  });
}
