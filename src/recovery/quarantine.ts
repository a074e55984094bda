import { mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { syncDirectory } from "../platform/atomic-file.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { StepNote } from "./recovery-context.ts";

/**
 * Moves a file or a whole directory aside by rename: nothing is copied and nothing is deleted.
 * @returns where it is now. @throws the system's error (EXDEV where the state directory is another file system).
 */
export function moveToQuarantine(
  path: string,
  place: { stateDir: string; stamp: string; slotId: string; note: StepNote },
): string {
  const folder = join(place.stateDir, "quarantine", `${place.stamp}-${place.slotId}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const target = freePath(join(folder, basename(path)));
  place.note({ moved: { from: path, to: target } });
  renameSync(path, target);
  syncDirectory(folder);
  syncDirectory(dirname(path));
  return target;
}

/** One step may put aside two files of the same name: rename would replace the first without a word. */
function freePath(path: string): string {
  let free = path;
  for (let count = 1; readEntry(free).kind !== "missing"; count++) free = `${path}.${count}`;
  return free;
}
