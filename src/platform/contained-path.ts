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

/**
 * Before a path is written, moved or removed. A link in its last place is not followed, since it is moved itself; the way to
 * it is. The directory itself counts as inside. @throws CodedError `PATH_UNSAFE` if the way leads out of the directory.
 */
export function requireInside(directory: string, path: string): void {
  if (resolve(path) === resolve(directory) || isReallyInside(directory, dirname(path))) return;
  throw new CodedError("PATH_UNSAFE", `${path} leads out of ${directory}: nothing was changed there`);
}

/** The same for several directories, in one of which the path must be. @throws as `requireInside` */
export function requireInsideAny(directories: string | readonly string[], path: string): void {
  const all = typeof directories === "string" ? [directories] : directories;
  const holding = all.find(
    (directory) => resolve(path) === resolve(directory) || isReallyInside(directory, dirname(path)),
  );
  requireInside(holding ?? all[0] ?? "", path);
}
