import { dirname, join, resolve } from "node:path";
import { readGitFile } from "../../git/git-directory.ts";
import { headPath } from "../../git/refs/head.ts";
import { hasOwnWorkTree, worktreesDirectory } from "../../git/worktrees.ts";
import { resolveLinks } from "../../platform/contained-path.ts";
import { uncachedReader, type SlotReader } from "../../platform/slot-reader.ts";
import type { RepositoryPlace } from "./repository-place.ts";
import type { SeenDirectories } from "./seen-directories.ts";

/** Reads two levels of entries and one small file; runs nothing. What could not be read, the reader's `failures` tell. */
export function findRepository(
  directory: string,
  reader: SlotReader,
  seen?: SeenDirectories,
): RepositoryPlace {
  const facts = seen?.factsOf(directory);
  if (facts?.repository !== undefined) return facts.repository;
  const place = lookForRepository(directory, reader);
  if (facts !== undefined && (place.kind === "repository" || place.kind === "bare")) facts.repository = place;
  return place;
}

function lookForRepository(directory: string, reader: SlotReader): RepositoryPlace {
  const path = `${directory}/.git`;
  const { kind } = reader.readEntry(path);
  if (kind === "directory") return { kind: "repository", directory, commonDirectory: path };
  if (kind === "file") return readLink(directory, path, reader);
  if (kind === "link") return { kind: "elsewhere", directory, target: reader.resolveLinks(path) };
  const isBare = ["objects", "refs"].every((name) => reader.isDirectory(`${directory}/${name}`));
  const hasHead = isBare && reader.readEntry(headPath(directory)).kind === "file";
  return hasHead ? { kind: "bare", directory, commonDirectory: directory } : { kind: "none", directory };
}

function readLink(directory: string, path: string, reader: SlotReader): RepositoryPlace {
  const admin = readGitFile(reader, path);
  if (reader.failures.has(path)) return { kind: "none", directory };
  const elsewhere = { kind: "elsewhere", directory, target: admin } as const;
  if (admin === undefined) return elsewhere;
  const commonDirectory = dirname(dirname(admin));
  if (worktreesDirectory(commonDirectory) !== dirname(admin)) return elsewhere;
  return { kind: "linked", directory, admin, commonDirectory };
}

/** The directory that people name a repository by. */
export function directoryOf(commonDirectory: string): string {
  return hasOwnWorkTree(commonDirectory) ? dirname(commonDirectory) : commonDirectory;
}

/** The work tree that a path is in, by the nearest `.git` above it; undefined if there is none. */
export function findWorkTree(path: string): string | undefined {
  for (let directory = resolveLinks(resolve(path)); directory !== undefined; directory = dirname(directory)) {
    const isPlace = uncachedReader.isDirectory(directory);
    if (isPlace && uncachedReader.readEntry(join(directory, ".git")).kind !== "missing") return directory;
    if (directory === dirname(directory)) return undefined;
  }
  return undefined;
}
