import type { CheckOptions } from "../check.ts";
import {
  parsePositiveNumber,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "../program/command-definition.ts";

export const defineCheck: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Detect anomalies, change nothing. Ends with 3 where there is one.")
    .option("--deep", "look as deep as git fsck")
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .action(async (options: CheckOptions) => {
      const { check } = await import("../check.ts");
      await check(options, context);
    });
  withExamples(command, [
    ["check", "what is wrong now"],
    ["check --deep --pool demo", "read every object of one pool"],
    ["check --json --max-allocation-hours 48", "for a script, with another limit"],
  ]);
};
