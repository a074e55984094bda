import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { PoolPlace } from "./served-program.ts";

/**
 * What a run that ended has to remove. Not in quarantine: what is there was put aside whole, as a killed step left it; and not
 * among the copies of what was good, where it may be another process that writes: a later run removes what is a minute old.
 */
export function listLeftovers({ workspacesDir }: PoolPlace): string[] {
  const files = readdirSync(workspacesDir, { recursive: true, encoding: "utf8" });
  return files
    .filter((name) => !/^\.repo-pool-sidecar\/(quarantine|known-good)\//.test(name))
    .filter(
      (name) =>
        /\.tmp$|\.incoming$|\.outgoing$/.test(name) || /^\.repo-pool-sidecar\/staging\/[^/]+$/.test(name),
    );
}

/** Git that works below the root. */
export function listProcessesOf({ root }: Pick<PoolPlace, "root">): string[] {
  const all = execFileSync("ps", ["-eo", "args"], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return all.split("\n").filter((line) => line.includes(root) && line.includes("git"));
}
