import { withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { DemoOptions } from "../demo.ts";

export const defineDemo: DefineCommand = (command, context) => {
  command
    .description("A pool with one of each anomaly, served and recovered before your eyes.")
    .option("--web.listen-address <address>", "where to listen (default: 127.0.0.1:10469, else a free port)")
    .option("--exit-after-recovery", "end when the recovery is shown, instead of serving on")
    .action(async (options: DemoOptions) => {
      const { demo } = await import("../demo.ts");
      await demo(options, context);
    });
  withExamples(command, [
    ["demo", "look at the page until you press Ctrl-C"],
    ["demo --exit-after-recovery", "only what is printed"],
  ]);
};
