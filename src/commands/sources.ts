import { UsageError } from "../platform/coded-error.ts";
import type { SourcePreset } from "../pool/sources/presets.ts";
import { printResult, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";

export const defineSources: DefineCommand = (command, context) => {
  command.description("Work with sources of work trees that no pool manager allocates.");
  const presets = withCommonOptions(command.command("presets"))
    .description(
      "Print where tools keep work trees and how a running job of theirs is recognised: each is a `preset` of a source.",
    )
    .argument("[name]", "only this one")
    .action((name: string | undefined, options: CommonOptions) => printPresets(name, options, context));
  withExamples(presets, [
    ["sources presets", "all of them"],
    ["sources presets github-actions-runner", "with the lines for its hooks"],
  ]);
};

interface PresetReport {
  readonly name: string;
  readonly kind: string;
  readonly read_from: string;
  readonly include: readonly string[];
  readonly paths: readonly string[];
  readonly except: readonly string[];
  readonly use: string;
  readonly hooks: readonly string[];
}

/** @throws UsageError `OPTION_INVALID` if no preset has the name */
async function printPresets(
  wanted: string | undefined,
  options: CommonOptions,
  context: CommandContext,
): Promise<void> {
  const { sourcePresets } = await import("../pool/sources/presets.ts");
  const all = Object.entries<SourcePreset>(sourcePresets);
  const chosen = all.filter(([name]) => wanted === undefined || name === wanted);
  if (wanted !== undefined && chosen.length === 0)
    throw new UsageError(
      "OPTION_INVALID",
      `no preset is named ${wanted}: there are ${all.map(([name]) => name).join(", ")}`,
    );
  const reports = chosen.map(([name, preset]) => createPresetReport(name, preset));
  await printResult(reports, options, context, () => reports.map(describePreset).join("\n\n"));
}

function createPresetReport(name: string, preset: SourcePreset): PresetReport {
  const { kind, readFrom, include = [], paths = [], except = [], use, hooks } = preset;
  return { name, kind, read_from: readFrom, include, paths, except, use, hooks };
}

/** An entry of `sources`, with what must be known of it as comments. */
function describePreset(preset: PresetReport): string {
  const { name, kind, include, paths, except } = preset;
  const listed = (key: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`    # ${key}: ${JSON.stringify(values)}`];
  return [
    ...[`# read from: ${preset.read_from}`, `# in use: ${preset.use}`],
    ...[`  - name: ${name}`, `    kind: ${kind}`, `    preset: ${name}`],
    ...(kind === "worktrees" ? ['    repositories: ["~/src/*"]'] : []),
    ...[...listed("include", include), ...listed("paths", paths), ...listed("left alone", except)],
    ...["    # hooks:", ...preset.hooks.map((line) => `    #   ${line}`)],
  ].join("\n");
}
