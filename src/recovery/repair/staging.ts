import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemErrorCode } from "../../platform/coded-error.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";
import type { ActionResult, RecoveryContext } from "../execute/recovery-context.ts";

/** Begins with the step's stamp, so that what a killed run leaves there is removed by the next one. */
export function stagingPath(stateDir: string, stamp: string, slotId: string): string {
  return join(stateDir, "staging", `${stamp}-${slotId}`);
}

/** Runs a step that makes a directory beside, which is not there yet, and renames it into place. Removes what is left of it. */
export async function withStaging(
  { stateDir, stamp, slot }: RecoveryContext,
  build: (staging: string) => Promise<ActionResult>,
): Promise<ActionResult> {
  const staging = stagingPath(stateDir, stamp, slot.slotId);
  makeStateDirectory(dirname(staging));
  try {
    return await build(staging);
  } catch (error) {
    if (systemErrorCode(error) !== "EXDEV") throw error;
    return { outcome: "failed", detail: "the state directory is on another file system" };
  } finally {
    // If it may not even be looked at, nothing was made: the reason for that is what the caller needs.
    if (readEntry(staging).kind !== "unreadable") rmSync(staging, { recursive: true, force: true });
  }
}
