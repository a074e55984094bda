import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { AlertmanagerConfigFlags } from "../print-alertmanager-config.ts";
import type { CommonOptions } from "../program/command-context.ts";

export const defineConfig: DefineCommand = (command, context) => {
  command.description("Work with configuration files.");
  const check = withCommonOptions(command.command("check"))
    .description(
      "Say everything that is wrong with a configuration file, with the lines. Ends with 2 where something is.",
    )
    .argument("<file>", "the YAML file")
    .action(async (file: string, options: CommonOptions) => {
      const { configCheck } = await import("../config-check.ts");
      await configCheck(file, options, context);
    });
  withExamples(check, [["config check sidecar.yaml", "before a reload"]]);
};

export const defineAlertmanagerConfig: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Print the receivers and routes that bring each host's alerts to its own sidecar.")
    .argument("[hosts...]", "host:port, or instance=host:port where Prometheus' instance label is another")
    .option("--targets <file>", "a file of Prometheus' file_sd, JSON or YAML")
    .option(
      "--credentials-file <file>",
      "where Alertmanager finds the bearer token",
      "/etc/prometheus/repo-pool-sidecar.token",
    )
    .action(async (hosts: string[], options: AlertmanagerConfigFlags) => {
      const { alertmanagerConfig } = await import("../print-alertmanager-config.ts");
      await alertmanagerConfig(hosts, options, context);
    });
  withExamples(command, [
    ["alertmanager-config build1:10469 build2:10469", "one receiver for each of two hosts"],
  ]);
};
