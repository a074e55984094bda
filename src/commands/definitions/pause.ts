import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { CommonOptions } from "../program/command-context.ts";
import type { PauseOptions } from "../pause.ts";

export const definePause: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Hold recoveries back, of everything, a pool or a slot; without a name, list the pauses.")
    .argument("[name]", "how the pause is called, for resume")
    .option("--reason <text>", "why; needed with a name")
    .option("--for <duration>", "when it ends by itself: 90s, 10m, 1h, 7d (default: never)")
    .option("--pool <name>", "only this pool")
    .option("--slot <slot>", "only this slot")
    .action(async (name: string | undefined, options: PauseOptions) => {
      const { pause } = await import("../pause.ts");
      await pause(name, options, context);
    });
  withExamples(command, [
    ["pause disk-move --reason 'a new disk' --for 2h", "two hours without any recovery"],
    ["pause", "what is paused, by whom and why"],
  ]);
};

export const defineResume: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("End a pause.")
    .argument("<name>", "the pause's name")
    .action(async (name: string, options: CommonOptions) => {
      const { resume } = await import("../pause.ts");
      await resume(name, options, context);
    });
  withExamples(command, [["resume disk-move", "let recoveries run again"]]);
};
