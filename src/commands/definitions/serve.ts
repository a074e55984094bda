import { Option } from "commander";
import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { ServeOptions } from "../serve.ts";

export const defineServe: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Collect, export metrics, show the page, take alerts.")
    .addOption(
      new Option("--role <role>", "a host's sidecar, or a fleet's gateway (default: sidecar)").choices([
        "sidecar",
        "gateway",
      ]),
    )
    .option("--web.listen-address <address...>", "where to listen; repeatable (default: 127.0.0.1:10469)")
    .option("--web.config.file <file>", "TLS and users, in the form of Prometheus's exporters")
    .option("--web.telemetry-path <path>", "where the metrics are (default: /metrics)")
    .option("--web.external-url <url>", "how people reach the page from outside")
    .action(async (options: ServeOptions) => {
      const { serve } = await import("../serve.ts");
      await serve(options, context);
    });
  withExamples(command, [
    ["serve", "watch the pools of this user"],
    ["serve --config.file sidecar.yaml --web.config.file web.yaml", "with settings, TLS and users"],
    ["serve --role gateway --config.file gateway.yaml", "take the alerts of a whole fleet"],
    ["serve --web.listen-address '[::1]:10469' --log.format json", "on IPv6, for a log collector"],
  ]);
};
