import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";

/** The id of a state directory, made once, which tells apart two hosts of the same name. A new one if it cannot be kept. */
export function readSidecarId(stateDir: string): string {
  const path = join(stateDir, "fleet", "sidecar-id");
  try {
    const kept = readFileSync(path, "utf8").trim();
    if (/^[0-9a-f-]{36}$/.test(kept)) return kept;
  } catch {
    // Not made yet, or not readable: then the next start has another one, and waits until this one is silent.
  }
  const made = randomUUID();
  try {
    makeStateDirectory(dirname(path));
    writeFileAtomic(path, `${made}\n`, { mode: 0o600 });
  } catch {
    // A state directory that cannot be written has no leader either, and only leaders join a fleet.
  }
  return made;
}
