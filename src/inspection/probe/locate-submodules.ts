import { join } from "node:path";
import { readSubmodules } from "../../git/config/submodule-paths.ts";
import { readGitFile } from "../../git/git-directory.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

const deepestSubmodule = 8;
export const mostSubmodules = 200;

/** A submodule that `.gitmodules` names. */
export interface SubmodulePlace {
  /** Undefined if its link leads to nothing. */
  readonly repository: string | undefined;
  readonly workTree: string;
  readonly link: string;
  readonly target: string | undefined;
  /** True if its work tree leads to the repository, which has to lead back. */
  readonly isLinked: boolean;
  /** True if the repository holds what a commit records; one in its own work tree may be new. */
  readonly isRecorded: boolean;
}

/** The submodules of a slot that have a repository or a link to one, those in submodules included. */
export function locateSubmodules(
  reader: SlotReader,
  gitDirectory: string,
  slotPath: string,
): SubmodulePlace[] {
  return listBelow(reader, { gitDirectory, workTree: slotPath, slotPath, depth: 1 });
}

interface Superproject {
  readonly gitDirectory: string;
  readonly workTree: string;
  readonly slotPath: string;
  readonly depth: number;
}

function listBelow(
  reader: SlotReader,
  { gitDirectory, workTree, slotPath, depth }: Superproject,
): SubmodulePlace[] {
  if (depth > deepestSubmodule) return [];
  return readSubmodules(reader, workTree)
    .slice(0, mostSubmodules)
    .flatMap(({ name, path }) => {
      const place = { workTree: join(workTree, path), link: join(workTree, path, ".git") };
      // The link itself may lead out of a linked work tree: to its own git directory.
      if (!isInside(slotPath, place.link) || !reader.isReallyInside(slotPath, place.workTree)) return [];
      const found = locateSubmodule(reader, place, `${gitDirectory}/modules`, name);
      if (found?.repository === undefined) return found === undefined ? [] : [found];
      const nested = { gitDirectory: found.repository, workTree: place.workTree, slotPath, depth: depth + 1 };
      return [found, ...listBelow(reader, nested)];
    });
}

/** Undefined for one that was never initialised, or whose repository is not the slot's. */
function locateSubmodule(
  reader: SlotReader,
  place: Pick<SubmodulePlace, "workTree" | "link">,
  modules: string,
  name: string,
): SubmodulePlace | undefined {
  const { kind } = reader.readEntry(place.link);
  const facts = { ...place, target: undefined, isLinked: false, isRecorded: false };
  if (kind === "directory") return { ...facts, repository: place.link };
  if (kind === "missing") {
    const repository = join(modules, name);
    if (!isInside(modules, repository) || reader.readDirectory(repository).kind !== "entries")
      return undefined;
    return { ...facts, repository, isRecorded: !isBeingCloned(reader, repository) };
  }
  const target = readGitFile(reader, place.link);
  if (target === undefined || reader.readDirectory(target).kind === "missing")
    return kind === "file" ? { ...facts, repository: undefined, target } : undefined;
  if (!isInside(modules, target)) return undefined;
  return { ...facts, repository: target, isLinked: true, isRecorded: !isBeingCloned(reader, target) };
}

/** A clone writes packs under such names until it is done. */
function isBeingCloned(reader: SlotReader, repository: string): boolean {
  return reader.listEntries(`${repository}/objects/pack`).some(({ name }) => name.startsWith("tmp_"));
}
