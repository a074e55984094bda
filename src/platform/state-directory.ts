import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, sep } from "node:path";
import { CodedError, systemErrorCode } from "./coded-error.ts";
import { readEntry } from "./regular-file.ts";

/** The state directory that stands inside the workspaces directory, as it does by default. */
export const stateDirectoryName = ".repo-pool-sidecar";

/**
 * Makes a directory of the state, and what is missing above it, but never the workspaces directory that the state
 * stands in: one that is gone (unmounted, renamed, mistyped) must stay gone.
 * @throws CodedError `WORKSPACES_UNREADABLE` if it is gone; the system's error
 */
export function makeStateDirectory(path: string): void {
  requireWorkspacesOf(path);
  makeDirectories(path);
}

/** Node's own recursion says ENOENT of a read-only file system. */
function makeDirectories(path: string): void {
  try {
    makeDirectory(path);
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) throw error;
    makeDirectories(dirname(path));
    makeDirectory(path);
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemErrorCode(error) !== "EEXIST") throw error;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/** @throws CodedError `WORKSPACES_UNREADABLE` if the workspaces directory that this path of the state stands in is gone */
export function requireWorkspacesOf(path: string): void {
  const names = path.split(sep);
  const index = names.lastIndexOf(stateDirectoryName);
  if (index >= 1) requireWorkspaces(dirname(names.slice(0, index + 1).join(sep)));
}

/** @throws CodedError `WORKSPACES_UNREADABLE` */
export function requireWorkspaces(workspacesDir: string): void {
  if (readEntry(workspacesDir).kind === "missing")
    throw new CodedError(
      "WORKSPACES_UNREADABLE",
      `${workspacesDir} is not there: check --workspaces-dir or --config.file, and that its disk is mounted; only \`pool create\` makes it`,
    );
}

/** Every process of the program's user can make files there. */
const mostNames = 100_000;

/**
 * The names in a directory of the state; none if there is no such directory. Undefined if not all of them can be told: then
 * any name may be there. A link is followed, since what writes there follows it; one to nothing may lead to a disk that is not
 * mounted.
 */
export function listStateDirectory(path: string): string[] | undefined {
  try {
    const names = readdirSync(path);
    return names.length > mostNames ? undefined : names;
  } catch (error) {
    const isMissing = systemErrorCode(error) === "ENOENT" && readEntry(path).kind === "missing";
    return isMissing ? [] : undefined;
  }
}
