import type { LogFields, Logger } from "../../src/platform/logger.ts";

/** Keeps what was logged, whatever its level. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly event: string; readonly fields: LogFields }[] = [];

  debug(fields: LogFields, event: string): void {
    this.lines.push({ event, fields });
  }

  info(fields: LogFields, event: string): void {
    this.lines.push({ event, fields });
  }

  warn(fields: LogFields, event: string): void {
    this.lines.push({ event, fields });
  }

  error(fields: LogFields, event: string): void {
    this.lines.push({ event, fields });
  }

  child(): Logger {
    return this;
  }

  /** All of it, as a log file would have it. */
  get text(): string {
    return this.lines.map(({ event, fields }) => `${event} ${JSON.stringify(fields)}`).join("\n");
  }
}
