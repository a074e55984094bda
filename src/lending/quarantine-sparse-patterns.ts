import { join } from "node:path";
import { listSparseSettings } from "../git/config/work-tree-settings.ts";
import { readEntry } from "../platform/regular-file.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/**
 * A work tree that has become whole stays so: by the patterns of an earlier agent, the next change of branch would take files
 * away. Without them git leaves nothing out.
 */
export function quarantineSparsePatterns(job: CleanUp): void {
  const path = join(job.directories.gitDirectory, "info", "sparse-checkout");
  if (readEntry(path).kind === "missing" || listSparseSettings(job.directories).length === 0) return;
  moveToQuarantine(path, quarantinePlaceOf(job));
}
