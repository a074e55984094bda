import { byEntry } from "../run/split-output.ts";
import type { ScratchRepository } from "../scratch/scratch-repository.ts";

/**
 * The paths at which the index that `scratch` has a copy of and the files of a commit differ, as bytes in latin1. Undefined if
 * git cannot tell.
 */
export async function listStagedChanges(
  scratch: ScratchRepository,
  commit: string,
): Promise<ReadonlySet<string> | undefined> {
  const paths = new Set<string>();
  const how = ["--cached", "--name-only", "--no-renames", "--ita-visible-in-index", "-z"];
  const listed = await scratch.run(["diff-index", ...how, commit, "--"], {
    onOutput: byEntry((path) => paths.add(path)),
  });
  scratch.throwIfAborted();
  return listed.kind === "done" ? paths : undefined;
}
