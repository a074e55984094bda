import { listObstacles } from "../../git/obstacles.ts";
import { hasRef } from "../../git/refs/refs.ts";
import type { OpenRepository } from "./open-repository.ts";
import type { ProbeNotes } from "./probe-notes.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** Reports what would stop git, or have it wait indefinitely, in one git directory of a repository. */
export function probeObstacles(
  reader: SlotReader,
  { gitDirectory, isShared = false }: { readonly gitDirectory: string; readonly isShared?: boolean },
  { commonDirectory, packed }: OpenRepository,
  notes: ProbeNotes,
): void {
  const obstacles = listObstacles(reader, gitDirectory, {
    hasRef: (name) => hasRef(reader, commonDirectory, packed, name),
    isShared,
  });
  for (const { path, expected, found } of obstacles) notes.report("git_invalid", path, expected, found);
}
