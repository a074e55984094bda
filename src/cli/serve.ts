import { startSidecar } from "../app/sidecar.ts";
import { createPinoLogger } from "../platform/pino-logger.ts";
import { configOf, readConfig, type CommandContext, type CommonOptions } from "./command-context.ts";
import { untilStopSignal } from "./stop-signal.ts";

export interface ServeOptions extends CommonOptions {
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
  const sidecar = await startSidecar({
    config: await configOf(options, context),
    loadConfig: () => readConfig(options, context),
    version: context.program.version,
    revision: context.program.revision,
    logger,
    listenAddresses: options["web.listenAddress"] ?? [defaultListenAddress],
    telemetryPath: options["web.telemetryPath"] ?? "/metrics",
    externalUrl: options["web.externalUrl"],
    webConfigFile: options["web.config.file"],
  });
  const reload = (): void => void sidecar.reload("SIGHUP");
  process.on("SIGHUP", reload);
  await stopped;
  process.off("SIGHUP", reload);
  await sidecar.stop();
}
