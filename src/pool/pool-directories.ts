import { readdirSync, realpathSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { CodedError, systemErrorCode } from "../platform/coded-error.ts";
import { isInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { UnreadPlace } from "../platform/unread-path.ts";
import { isRepoName, reservedNames } from "./slot-id.ts";

/** A directory, or a link to one, that may hold a pool and cannot be read as one. */
export interface UnreadDirectory extends UnreadPlace {
  readonly name: string;
}

export interface PoolDirectories {
  /** Of directories that may be pools, sorted. */
  readonly names: readonly string[];
  readonly unread: readonly UnreadDirectory[];
  /** Every other name that is taken, files and links to one of the pools among them. */
  readonly otherNames: readonly string[];
}

/**
 * The directories of a workspaces directory, links to directories elsewhere among them. A link to a directory inside
 * is another name of what is listed already.
 * @throws CodedError `WORKSPACES_UNREADABLE` if it cannot be listed.
 */
export function listPoolDirectories(workspacesDir: string): PoolDirectories {
  const names: string[] = [];
  const unread: UnreadDirectory[] = [];
  const otherNames: string[] = [];
  for (const entry of listEntries(workspacesDir)) {
    const { name } = entry;
    if (reservedNames.some((reserved) => reserved === name)) continue;
    const path = join(workspacesDir, name);
    const kind = entry.isSymbolicLink() ? followLink(workspacesDir, path) : directoryKind(entry);
    if (kind === "directory" && isRepoName(name)) {
      names.push(name);
      continue;
    }
    otherNames.push(name);
    if (typeof kind === "object") unread.push({ name, path, detail: `${path}: ${kind.detail}` });
    else if (kind === "directory" && isUnnamedPool(name, path))
      unread.push({ name, path, detail: `${path}: ${unusableName}` });
  }
  return { names: names.sort(), unread, otherNames };
}

const unusableName =
  "the name cannot be a pool's here: it is hidden, too long, or holds what is no printable UTF-8";

function listEntries(workspacesDir: string): Dirent[] {
  try {
    return readdirSync(workspacesDir, { withFileTypes: true });
  } catch (cause) {
    throw new CodedError(
      "WORKSPACES_UNREADABLE",
      `${workspacesDir}: cannot list the workspaces directory (${systemErrorCode(cause) ?? "error"}): check --workspaces-dir or --config.file, that its disk is mounted, and that the sidecar's user may read it`,
      { cause },
    );
  }
}

type Kind = "directory" | "other" | { readonly detail: string };

function directoryKind(entry: Dirent): Kind {
  return entry.isDirectory() ? "directory" : "other";
}

function followLink(workspacesDir: string, path: string): Kind {
  try {
    if (!statSync(path).isDirectory()) return "other";
    return isInside(realpathSync.native(workspacesDir), realpathSync.native(path)) ? "other" : "directory";
  } catch (error) {
    return { detail: `the link leads to nothing that can be looked at (${systemErrorCode(error) ?? "EIO"})` };
  }
}

/** Names that were no UTF-8 cannot be opened by the text that they became. */
function isUnnamedPool(name: string, path: string): boolean {
  return name.includes("\uFFFD") || readEntry(join(path, "pool.json")).kind !== "missing";
}
