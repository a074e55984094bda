import { join } from "node:path";
import { readEntry } from "../platform/regular-file.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";

/** What git keeps of a merge, rebase, pick, revert or bisection that somebody began and did not end. */
const operationEntries = [
  "MERGE_HEAD",
  "MERGE_MSG",
  "MERGE_MODE",
  "MERGE_AUTOSTASH",
  "AUTO_MERGE",
  "SQUASH_MSG",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "REBASE_HEAD",
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "BISECT_LOG",
  "BISECT_START",
  "BISECT_NAMES",
  "BISECT_TERMS",
  "BISECT_EXPECTED_REV",
  "BISECT_RUN",
];

/** The next agent must not find itself in the middle of a rebase; whoever began it finds it in quarantine. */
export function quarantineGitOperations({ directories, stateDir, stamp, slotId }: CleanUp): void {
  for (const name of operationEntries) {
    const path = join(directories.gitDirectory, name);
    if (readEntry(path).kind !== "missing")
      moveToQuarantine(path, { stateDir, stamp, slotId, note: () => undefined });
  }
}
