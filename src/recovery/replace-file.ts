import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomic } from "../platform/atomic-file.ts";
import { CodedError } from "../platform/coded-error.ts";
import { isReallyInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import { moveToQuarantine } from "./quarantine.ts";
import type { RecoveryContext } from "./recovery-context.ts";

/**
 * Writes a file of a slot's repository; what was in its place goes to quarantine.
 * @returns what was done. @throws where the path, links followed, leads out of the pool: nothing is then written.
 */
export function replaceFile(context: RecoveryContext, path: string, content: string): string {
  moveAside(context, path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileAtomic(path, content);
  return `wrote ${path}`;
}

/** Moves whatever is at the path to quarantine, if anything is. @throws where the path leads out of the pool. */
export function moveAside(context: RecoveryContext, path: string): void {
  // A link in the last place is moved itself, so only the way to it is followed.
  if (!isReallyInside(context.pool.directory, dirname(path)))
    throw new CodedError("path_unsafe", `${path} leads out of the pool`);
  if (readEntry(path).kind === "missing") return;
  moveToQuarantine(path, { ...context, slotId: context.slot.slotId });
}
