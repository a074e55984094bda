import { renameSync } from "node:fs";
import { dirname } from "node:path";
import { syncDirectory } from "../../platform/atomic-file.ts";
import { readEntry } from "../../platform/regular-file.ts";
import { quarantinePlaceOf } from "./replace-file.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

/**
 * Puts a directory that was made and verified beside in the place of another: the old one is renamed to quarantine,
 * the new one renamed in. Both names are in the journal before, so that a kill between the two is finished by the next
 * start.
 * @returns where the old one is now; undefined if there was none. @throws the system's error, with the old one back.
 */
export function swapDirectory(context: RecoveryContext, staging: string, path: string): string | undefined {
  context.note({ swap: { staging, path } });
  const isThere = readEntry(path).kind !== "missing";
  const aside = isThere ? moveToQuarantine(path, quarantinePlaceOf(context)) : undefined;
  try {
    renameSync(staging, path);
  } catch (error) {
    if (aside !== undefined) renameSync(aside, path);
    throw error;
  }
  syncDirectory(dirname(path));
  return aside;
}
