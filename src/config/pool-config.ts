import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { UsageError } from "../platform/coded-error.ts";
import { loadConfig } from "./load-config.ts";
import type { SidecarConfig } from "./sidecar-config.ts";

/** The guide's `PoolConfig`. */
export const PoolConfig = {
  /**
   * Reads a configuration: a pools.yaml of the pool manager (it has `defaults` or `pools`), or a configuration file of
   * the sidecar. Without a name: the pool manager's own pools.yaml, if there is one.
   * @throws UsageError `CONFIG_INVALID` with every problem of the file.
   */
  async loadFromFile(file?: string): Promise<SidecarConfig> {
    const isPoolsFile = file !== undefined && (await looksLikePoolsFile(file));
    const flags = isPoolsFile ? { poolsConfig: file } : { configFile: file };
    const loaded = await loadConfig({ flags, env: {}, homeDirectory: homedir() });
    if (loaded.kind === "valid") return loaded.config;
    throw new UsageError("CONFIG_INVALID", loaded.problems.join("\n"));
  },
};

/** Our own files have neither key, so the text tells which of the two it is. */
async function looksLikePoolsFile(file: string): Promise<boolean> {
  try {
    return /^(?:defaults|pools)\s*:/m.test(await readFile(file, "utf8"));
  } catch {
    // Reading it as a configuration tells what is wrong with it.
    return false;
  }
}
