import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import type { RealPool } from "./real-pool.ts";

/** The pool's remote runs a line of shell each time that it has something to send to a clone or a fetch. */
export function runWhileSending({ root }: Pick<RealPool, "root">, command: string): void {
  const program = join(root, "pack-objects");
  writeFileSync(program, `#!/bin/sh\n${command}\nexec "$@"\n`, { mode: 0o755 });
  const settings = join(root, "settings");
  writeFileSync(settings, `[uploadpack]\n\tpackObjectsHook = ${program}\n`);
  vi.stubEnv("GIT_CONFIG_GLOBAL", settings);
}
