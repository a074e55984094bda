import { listObstacles } from "../../git/obstacles.ts";
import { hasRef } from "../../git/refs/refs.ts";
import type { OpenRepository } from "./open-repository.ts";
import type { ProbeNotes } from "./probe-notes.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** Reports what would stop git, or have it wait indefinitely, in one git directory of a repository. */
export function probeObstacles(
  reader: SlotReader,
  gitDirectory: string,
  { commonDirectory, packed }: OpenRepository,
  notes: ProbeNotes,
): void {
  const obstacles = listObstacles(reader, gitDirectory, (name) =>
    hasRef(reader, commonDirectory, packed, name),
  );
  for (const { path, expected, found } of obstacles) notes.report("git_invalid", path, expected, found);
}
