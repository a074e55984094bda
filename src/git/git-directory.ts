import { dirname, isAbsolute, join, resolve } from "node:path";
import { readEntry, readRegularFile } from "../platform/regular-file.ts";

/** Where the parts of a work tree's repository are. Both are the same directory for a clone. */
export interface GitDirectories {
  /** HEAD, index and logs of this work tree. */
  readonly gitDirectory: string;
  /** Objects, refs and configuration. */
  readonly commonDirectory: string;
}

const maxLinkBytes = 4096;

/** The path behind `gitdir: ` of a work tree's `.git` file. Undefined where the file has no such line. */
export function readGitFile(path: string): string | undefined {
  const reading = readRegularFile(path, { maxBytes: maxLinkBytes });
  if (reading.kind !== "content") return undefined;
  const target = /^gitdir: ([^\0\n]+)\n*$/.exec(reading.content.toString("utf8"))?.[1];
  return target === undefined ? undefined : resolve(dirname(path), target);
}

/** The path in `commondir` or `gitdir` of a worktree's admin directory; relative ones start there. */
export function readLinkFile(directory: string, name: "commondir" | "gitdir"): string | undefined {
  const reading = readRegularFile(linkFilePath(directory, name), { maxBytes: maxLinkBytes });
  if (reading.kind !== "content") return undefined;
  const target = /^([^\0\n]+)\n*$/.exec(reading.content.toString("utf8"))?.[1];
  if (target === undefined) return undefined;
  return isAbsolute(target) ? target : join(directory, target);
}

/** The content of a work tree's `.git` file. */
export function formatGitFile(gitDirectory: string): string {
  return `gitdir: ${gitDirectory}\n`;
}

export function linkFilePath(admin: string, name: "commondir" | "gitdir"): string {
  return `${admin}/${name}`;
}

/** The content of the files by which an admin directory names the repository above it and its work tree's `.git`. */
export function formatLinkFiles(gitFile: string): { readonly commondir: string; readonly gitdir: string } {
  return { commondir: "../..\n", gitdir: `${gitFile}\n` };
}

export function isDirectory(path: string): boolean {
  return readEntry(path).kind === "directory";
}
