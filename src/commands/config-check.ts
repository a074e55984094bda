import { checkConfigFile } from "./check-config-file.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { printableLines } from "./terminal/printable.ts";

export async function configCheck(
  file: string,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { env, homeDirectory } = context;
  const check = await checkConfigFile(file, { env, homeDirectory });
  printResult(check, options, context, () =>
    printableLines([
      ...check.problems.map((problem) => `${file}: ${problem}`),
      ...check.warnings.map((warning) => `${file}: warning: ${warning}`),
      ...(check.is_valid ? [`${file}: valid`] : []),
    ]),
  );
  if (!check.is_valid) context.setExitCode(2);
}
