import { realpathSync } from "node:fs";
import { dirname, basename, join, resolve, sep } from "node:path";
import { CodedError, systemErrorCode } from "./coded-error.ts";
import { noteFailure, type ReadFailures } from "./regular-file.ts";

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
export function resolveLinks(path: string, failures?: ReadFailures): string | undefined {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const errorCode = systemErrorCode(error) ?? "EIO";
    if (errorCode !== "ENOENT") {
      noteFailure(failures, path, errorCode);
      return undefined;
    }
    const parent = dirname(path);
    if (parent === path) return undefined;
    const resolvedParent = resolveLinks(parent, failures);
    return resolvedParent === undefined ? undefined : join(resolvedParent, basename(path));
  }
}

/** True if `path`, links followed, is `directory` (links followed) or below it. */
export function isReallyInside(directory: string, path: string, failures?: ReadFailures): boolean {
  const base = resolveLinks(directory, failures);
  const target = resolveLinks(path, failures);
  return base !== undefined && target !== undefined && isInside(base, target);
}

/** True if both paths lead to one place, links followed. False if one of them cannot be resolved. */
export function isSamePlace(one: string, other: string, failures?: ReadFailures): boolean {
  if (one === other) return true;
  const place = resolveLinks(one, failures);
  return place !== undefined && place === resolveLinks(other, failures);
}

/**
 * Before a path is written, moved or removed. A link in its last place is not followed, since it is moved itself; the way to
 * it is. A directory itself counts as inside. @throws CodedError `PATH_UNSAFE` if the way leads out of all the directories.
 */
export function requireInside(directories: string | readonly string[], path: string): void {
  const all = [directories].flat();
  const isIn = (directory: string): boolean =>
    resolve(path) === resolve(directory) || isReallyInside(directory, dirname(path));
  if (all.some(isIn)) return;
  throw new CodedError("PATH_UNSAFE", `${path} leads out of ${all.join(" and ")}: nothing was changed there`);
}
