import { UsageError, systemErrorCode } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import type { HttpSettings } from "../http-settings.ts";
import { fileVersion } from "./watched-file.ts";
import { emptyWebConfig, readWebConfigFile, type WebConfig } from "./web-config.ts";

/** The web configuration in force. A bad file keeps the one before it, and is reported once. */
export class WebConfigSource {
  readonly #file: string | undefined;
  readonly #logger: Logger;
  #current: WebConfig;
  #version: string;

  /** @throws UsageError `WEB_CONFIG_INVALID` with every problem of the file */
  constructor(setting: HttpSettings["webConfig"], logger: Logger) {
    this.#logger = logger;
    this.#file = setting !== undefined && "file" in setting ? setting.file : undefined;
    this.#current = setting === undefined || "file" in setting ? emptyWebConfig : setting;
    if (this.#file !== undefined) this.#current = requireValid(this.#file);
    this.#version = this.#readVersion();
  }

  current(): WebConfig {
    return this.#current;
  }

  /** Looks at the file and the certificates; true if something changed and is in force now. */
  refresh(): boolean {
    const version = this.#readVersion();
    if (version === this.#version) return false;
    this.#version = version;
    if (this.#file === undefined) return true;
    const reading = readWebConfigFile(this.#file);
    if (reading.kind === "invalid") {
      this.#logger.error({ path: this.#file, problems: reading.problems }, "web_config.invalid");
      return false;
    }
    this.#current = reading.config;
    this.#version = this.#readVersion();
    return true;
  }

  #readVersion(): string {
    const tls = this.#current.tls;
    const sources = [tls?.cert, tls?.key, tls?.clientCa];
    const files = sources.map((source) =>
      source !== undefined && "file" in source ? source.file : undefined,
    );
    return [this.#file, ...files].map((file) => (file === undefined ? "" : versionOrError(file))).join(" ");
  }
}

function versionOrError(file: string): string {
  try {
    return fileVersion(file);
  } catch (error) {
    return systemErrorCode(error) ?? "unreadable";
  }
}

function requireValid(file: string): WebConfig {
  const reading = readWebConfigFile(file);
  if (reading.kind === "valid") return reading.config;
  throw new UsageError("WEB_CONFIG_INVALID", `web configuration ${file}: ${reading.problems.join("; ")}`);
}
