import { Option } from "commander";
import { resolve } from "node:path";
import type { RunningServer, SidecarOptions } from "../serve/serve-options.ts";
import { configOf, readConfig, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import {
  parseText,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "./program/command-definition.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

interface ServeOptions extends CommonOptions {
  readonly role?: "sidecar" | "gateway";
  readonly "web.listenAddress"?: readonly string[];
  readonly "web.systemdSocket"?: boolean;
  readonly "web.config.file"?: string;
  readonly "web.telemetryPath"?: string;
  readonly "web.externalUrl"?: string;
}

const defaultListenAddress = "127.0.0.1:10469";

export const defineServe: DefineCommand = (command, context) => {
  const role = new Option("--role <role>", "a host's sidecar, or a fleet's gateway (default: sidecar)");
  withCommonOptions(command)
    .description("Collect, export metrics, show the page, take alerts.")
    .addOption(role.choices(["sidecar", "gateway"]))
    .option("--web.listen-address <address...>", "where to listen; repeatable (default: 127.0.0.1:10469)")
    .option("--web.systemd-socket", "listen on the sockets that systemd has opened instead")
    .option("--web.config.file <file>", "TLS and users, in the form of Prometheus's exporters", parseText)
    .option("--web.telemetry-path <path>", "the path of the metrics (default: /metrics)")
    .option("--web.external-url <url>", "how people reach the page from outside")
    .action((options: ServeOptions) => serve(options, context));
  withExamples(command, [
    ["serve", "watch the pools of this user"],
    ["serve --config.file sidecar.yaml --web.config.file web.yaml", "with settings, TLS and users"],
    ["serve --role gateway --config.file gateway.yaml", "take the alerts of a whole fleet"],
    ["serve --web.listen-address '[::1]:10469' --log.format json", "on IPv6, for a log collector"],
  ]);
};

/** Serves until SIGTERM or SIGINT, then ends with 0 after the running step. SIGHUP reads the configuration again. */
async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const stopped = untilStopSignal();
  const { createPinoLogger } = await import("../platform/pino-logger.ts");
  const { createSystemdNotifier, inheritedSocketsOf } = await import("../platform/systemd.ts");
  const logger = createPinoLogger({
    level: options["log.level"] ?? "info",
    format: options["log.format"] ?? "logfmt",
  });
  const configFile = options["config.file"];
  const settings: SidecarOptions = {
    config: await configOf(options, context),
    configFile: configFile === undefined ? undefined : resolve(configFile),
    loadConfig: () => readConfig(options, context),
    version: context.program.version,
    revision: context.program.revision,
    runbooksDir: context.program.runbooksDir,
    invocation: context.program.invocation,
    logger,
    listenAddresses: options["web.listenAddress"] ?? [defaultListenAddress],
    inheritedSockets:
      options["web.systemdSocket"] === true ? inheritedSocketsOf(context.env, process.pid) : undefined,
    telemetryPath: options["web.telemetryPath"] ?? "/metrics",
    externalUrl: options["web.externalUrl"],
    webConfigFile: options["web.config.file"],
  };
  const server = options.role === "gateway" ? await startGateway(settings) : await startReloadable(settings);
  const systemd = createSystemdNotifier(context.env, process.pid, logger);
  systemd.ready();
  await stopped;
  systemd.stopping();
  await server.stop();
}

async function startGateway(settings: SidecarOptions): Promise<RunningServer> {
  const gateway = await import("../serve/fleet/gateway.ts");
  // Its configuration is read when it starts, its credentials whenever they change.
  process.on("SIGHUP", ignore);
  return gateway.startGateway(settings);
}

async function startReloadable(settings: SidecarOptions): Promise<RunningServer> {
  const { startSidecar } = await import("../serve/sidecar.ts");
  const sidecar = await startSidecar(settings);
  const reload = (): void => void sidecar.reload("SIGHUP");
  process.on("SIGHUP", reload);
  return {
    addresses: sidecar.addresses,
    stop: () => {
      process.off("SIGHUP", reload);
      return sidecar.stop();
    },
  };
}

function ignore(): void {
  // The default action of SIGHUP would end the program.
}
