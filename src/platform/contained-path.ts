import { realpathSync } from "node:fs";
import { dirname, basename, join, resolve, sep } from "node:path";
import { systemErrorCode } from "./coded-error.ts";
import type { NoteFailure } from "./regular-file.ts";

/** True if `path` is `directory` or below it, by name alone. */
export function isInside(directory: string, path: string): boolean {
  const base = resolve(directory);
  const target = resolve(path);
  return target === base || target.startsWith(base.endsWith(sep) ? base : base + sep);
}

/**
 * The path with every symbolic link resolved, also if its last parts do not exist yet.
 * Undefined if it cannot be resolved (a link loop, no permission).
 */
export function resolveLinks(path: string, note?: NoteFailure): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const errorCode = systemErrorCode(error) ?? "EIO";
    if (errorCode !== "ENOENT") {
      note?.(path, errorCode);
      return undefined;
    }
    const parent = dirname(path);
    if (parent === path) return undefined;
    const resolvedParent = resolveLinks(parent, note);
    return resolvedParent === undefined ? undefined : join(resolvedParent, basename(path));
  }
}

/** True if `path`, links followed, is `directory` (links followed) or below it. */
export function isReallyInside(directory: string, path: string, note?: NoteFailure): boolean {
  const base = resolveLinks(directory, note);
  const target = resolveLinks(path, note);
  return base !== undefined && target !== undefined && isInside(base, target);
}
