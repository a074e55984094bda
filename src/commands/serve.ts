import { startSidecar, type RunningServer, type SidecarOptions } from "../serve/sidecar.ts";
import { createPinoLogger } from "../platform/pino-logger.ts";
import { configOf, readConfig, type CommandContext, type CommonOptions } from "./program/command-context.ts";
import { untilStopSignal } from "./terminal/stop-signal.ts";

export interface ServeOptions extends CommonOptions {
  readonly role?: "sidecar" | "gateway";
  readonly "web.listenAddress"?: readonly string[];
  readonly "web.config.file"?: string;
  readonly "web.telemetryPath"?: string;
  readonly "web.externalUrl"?: string;
}

const defaultListenAddress = "127.0.0.1:10469";

/** Serves until SIGTERM or SIGINT, then ends with 0 after the running step. SIGHUP reads the configuration again. */
export async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const logger = createPinoLogger({
    level: options["log.level"] ?? "info",
    format: options["log.format"] ?? "logfmt",
  });
  const stopped = untilStopSignal();
  const settings: SidecarOptions = {
    config: await configOf(options, context),
    loadConfig: () => readConfig(options, context),
    version: context.program.version,
    revision: context.program.revision,
    logger,
    listenAddresses: options["web.listenAddress"] ?? [defaultListenAddress],
    telemetryPath: options["web.telemetryPath"] ?? "/metrics",
    externalUrl: options["web.externalUrl"],
    webConfigFile: options["web.config.file"],
  };
  const server = options.role === "gateway" ? await startGateway(settings) : await startReloadable(settings);
  await stopped;
  await server.stop();
}

/** Loaded where it is asked for: a sidecar has no use for it. */
async function startGateway(settings: SidecarOptions): Promise<RunningServer> {
  const gateway = await import("../serve/fleet/gateway.ts");
  // Its configuration is read when it starts, its credentials whenever they change.
  process.on("SIGHUP", ignore);
  return gateway.startGateway(settings);
}

async function startReloadable(settings: SidecarOptions): Promise<RunningServer> {
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
