import { join } from "node:path";
import { operationEntries, rerereList } from "../git/operations.ts";
import { readEntry } from "../platform/regular-file.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/** The next agent must not find itself in the middle of a rebase; the agent that began it finds it in quarantine. */
export function quarantineGitOperations(job: CleanUp): void {
  for (const name of operationEntries) {
    const path = join(job.directories.gitDirectory, name);
    const { kind, stats } = readEntry(path);
    const isIdle = name === rerereList && kind === "file" && stats?.size === 0;
    if (kind !== "missing" && !isIdle) moveToQuarantine(path, quarantinePlaceOf(job));
  }
}
