import { join } from "node:path";
import { selectLeftovers } from "../anomalies/select-leftovers.ts";
import { listUnfinishedFiles } from "../git/objects/unfinished-files.ts";
import { asError } from "../platform/coded-error.ts";
import { uncachedReader } from "../platform/slot-reader.ts";
import { moveToQuarantine } from "../salvage/quarantine.ts";
import type { CleanUp } from "./clean-up.ts";
import { quarantinePlaceOf } from "./quarantine-place.ts";

/** Moves aside what killed git commands left among the objects. @returns what did not work, which stops nothing. */
export function quarantineLeftovers(job: CleanUp): string[] {
  const objects = join(job.directories.commonDirectory, "objects");
  const place = { ...quarantinePlaceOf(job), under: job.poolDirectory };
  try {
    for (const { path } of selectLeftovers(listUnfinishedFiles(uncachedReader, objects), job.now))
      moveToQuarantine(path, place);
    return [];
  } catch (error) {
    return [`leftovers of killed git commands stay: ${asError(error).message}`];
  }
}
