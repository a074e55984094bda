import { existsSync } from "node:fs";
import {
  printResult,
  readConfig,
  type CommandContext,
  type CommonOptions,
} from "./program/command-context.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { RemediationMode } from "../remediation/alerts/policy.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import { withCommonOptions, withExamples, type DefineCommand } from "./program/command-definition.ts";
import { printableLines } from "./terminal/printable.ts";

export const defineConfig: DefineCommand = (command, context) => {
  command.description("Work with configuration files.");
  const check = withCommonOptions(command.command("check"))
    .description("Print every mistake of a configuration file with its line. Exits with 2 if there is one.")
    .argument("<file>", "the YAML file")
    .action((file: string, options: CommonOptions) => checkFile(file, options, context));
  withExamples(check, [["config check sidecar.yaml", "before a reload"]]);
  const schema = command
    .command("schema")
    .description("Print the JSON Schema of the configuration file, for editors.")
    .action(async () => {
      const { createConfigJsonSchema } = await import("../config/config-json-schema.ts");
      context.print(JSON.stringify(createConfigJsonSchema(), undefined, 2));
    });
  withExamples(schema, [["config schema > sidecar.schema.json", "for an editor's completion"]]);
};

interface ConfigCheck {
  readonly file: string;
  readonly is_valid: boolean;
  /** Each with its file, and its line if it has one. */
  readonly problems: readonly string[];
  /** Warnings that are no mistakes of the file. */
  readonly warnings: readonly string[];
}

/** Reads the file as `serve` would, whatever the flags say; ends with 2 if `serve` would refuse it. */
async function checkFile(file: string, options: CommonOptions, context: CommandContext): Promise<void> {
  const check = await judgeConfig(file, await readConfig({ "config.file": file }, context));
  await printResult(check, options, context, () =>
    printableLines([
      ...check.problems,
      ...check.warnings.map((warning) => `${file}: warning: ${warning}`),
      ...(check.is_valid ? [`${file}: valid`] : []),
    ]),
  );
  if (!check.is_valid) context.setExitCode(2);
}

/** Also looks for the files that the configuration names. */
async function judgeConfig(file: string, loaded: LoadedConfig): Promise<ConfigCheck> {
  if (loaded.kind === "invalid") return { file, is_valid: false, problems: loaded.problems, warnings: [] };
  const { findTokenProblems, takesAlertsByToken } = await import("../config/token-file.ts");
  const { remediation, healthCheck } = loaded.config;
  const problems = findTokenProblems(remediation.auth).map((problem) => `${file}: ${problem}`);
  const named = { "health_check.webhook_url_file": healthCheck.webhookUrlFile };
  const missing = Object.entries(named).flatMap(([key, path]) =>
    path === undefined || existsSync(path) ? [] : [`${key}: there is no file ${path}`],
  );
  const { unattendedMode } = await import("../remediation/alerts/policy.ts");
  const mode = unattendedMode(loaded.config);
  const unattended = [
    ...describeUnattended(loaded.config, mode),
    ...describeScheduledReclaim(loaded.config, mode),
  ];
  const isOpen = remediation.enabled && !takesAlertsByToken(remediation.auth);
  const authentication = isOpen
    ? [
        "remediation.enabled is set, but remediation.auth has no token for alerts: serve then needs users in --web.config.file",
      ]
    : [];
  return {
    file,
    is_valid: problems.length === 0,
    problems,
    warnings: [...missing, ...authentication, ...(await describeUnwatched(loaded.config)), ...unattended],
  };
}

/** The pools that are watched for as long as the file names no source. */
async function describeUnwatched({ sources, workspacesDir }: SidecarConfig): Promise<string[]> {
  const { includesManaged } = await import("../pool/sources/read-sources.ts");
  if (includesManaged(sources) || !existsSync(workspacesDir)) return [];
  return [`no source is of kind managed: ${workspacesDir} is not watched`];
}

/** What will run unattended: nobody should learn of it only when it happens. */
function describeUnattended({ recovery, remediation }: SidecarConfig, mode: RemediationMode): string[] {
  const how = describeStart(mode);
  if (how === undefined) return [];
  return [
    ...(recovery.schedule === undefined
      ? []
      : [
          `recovery.mode is ${mode}: recovery.schedule ${how} recoveries of every pool (${recovery.strategy})`,
        ]),
    ...(remediation.enabled ? [`recovery.mode is ${mode}: an alert ${how} a recovery`] : []),
  ];
}

/** Limits or a schedule that move nothing, and a schedule that moves something. */
function describeScheduledReclaim({ reclaim, sources }: SidecarConfig, mode: RemediationMode): string[] {
  const limited = sources.filter(
    ({ reclaim: { maxAgeSeconds, maxBytes } }) => maxAgeSeconds !== undefined || maxBytes !== undefined,
  );
  const barred = limited.filter(({ allow }) => !allow.includes("reclaim"));
  const warnings = barred.map(
    ({ name }) => `the source ${name} has limits of reclaim, and \`reclaim\` is not in its \`allow\``,
  );
  if (reclaim.schedule === undefined) return warnings;
  if (limited.length === barred.length)
    return [
      ...warnings,
      "reclaim.schedule is set, and reclaims nothing: no source has a limit and `reclaim` in its `allow`",
    ];
  const names = limited.filter((source) => !barred.includes(source)).map(({ name }) => name);
  const how = describeStart(mode);
  if (how === undefined) return warnings;
  return [
    ...warnings,
    `recovery.mode is ${mode}: reclaim.schedule ${how} reclaims of slots of ${names.join(", ")}`,
  ];
}

/** Undefined if nothing is changed. */
function describeStart(mode: RemediationMode): string | undefined {
  if (mode === "off" || mode === "dry_run") return undefined;
  return mode === "approve" ? "asks a person to approve" : "begins, without a person,";
}
