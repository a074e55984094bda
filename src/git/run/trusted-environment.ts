import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Lets git read the configuration of the user and of the system: the only one that may name credential helpers and
 * filters.
 */
export function trustedEnvironment(): Record<string, string> {
  const home = homedir();
  return { HOME: home, GIT_CONFIG_GLOBAL: join(home, ".gitconfig"), GIT_CONFIG_NOSYSTEM: "0" };
}

/** A transfer slower than this many bytes a second for this many seconds has ended, whatever the other side says. */
export const stalledTransferSettings = ["http.lowSpeedLimit=1000", "http.lowSpeedTime=60"] as const;
