import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import type { LogFields, Logger } from "./logger.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logFormats = ["json", "logfmt", "pretty"] as const;
export type LogFormat = (typeof logFormats)[number];

/** Logs to standard error unless another destination is given. */
export function createPinoLogger(
  { level, format }: { readonly level: LogLevel; readonly format: LogFormat },
  destination: DestinationStream = process.stderr,
): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "event",
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const render = format === "logfmt" ? formatLogfmt : formatPretty;
  const stream =
    format === "json"
      ? destination
      : {
          write: (line: string) => {
            destination.write(render(line));
          },
        };
  return adapt(pino(options, stream));
}

function adapt(log: PinoLogger): Logger {
  return {
    debug: (fields, event) => {
      log.debug(fields, event);
    },
    info: (fields, event) => {
      log.info(fields, event);
    },
    warn: (fields, event) => {
      log.warn(fields, event);
    },
    error: (fields, event) => {
      log.error(fields, event);
    },
    child: (fields) => adapt(log.child(fields)),
  };
}

function formatLogfmt(line: string): string {
  const { time, level, event, ...fields } = fieldsOf(line);
  return `${formatFields({ time, level, event, ...fields })}\n`;
}

function formatPretty(line: string): string {
  const { time, level, event, ...fields } = fieldsOf(line);
  return (
    `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(event)} ${formatFields(fields)}`.trimEnd() +
    "\n"
  );
}

function fieldsOf(line: string): LogFields {
  const value: unknown = JSON.parse(line);
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${formatValue(value)}`)
    .join(" ");
}

/** Quoted like JSON unless it is plain, so that a value can neither end its line nor pass for a field. */
function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/+@-]+$/.test(text) ? text : JSON.stringify(text);
}
