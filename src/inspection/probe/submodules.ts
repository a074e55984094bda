import { relative } from "node:path";
import { commonLinkPath, type GitDirectories } from "../../git/git-directory.ts";
import { readGitLocks } from "../../git/git-locks.ts";
import type { Finding, GitLock, UnverifiedFinding } from "../finding.ts";
import { locateSubmodules, mostSubmodules, type SubmodulePlace } from "./locate-submodules.ts";
import { probeRepository } from "./repository-probe.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { UnreadPlace } from "../../platform/unread-path.ts";

/** What the repositories of a slot's submodules show. */
export interface SubmoduleProbe {
  readonly findings: readonly Finding[];
  readonly unverified: readonly UnverifiedFinding[];
  readonly gitLocks: readonly GitLock[];
  readonly unread: readonly UnreadPlace[];
}

const deepestModuleFolder = 8;
const mostModuleFolders = 2_000;

/**
 * Probes the repository of each submodule like that of a slot, nested ones included. A submodule that was never
 * initialised has none, and that is no fault.
 */
export function probeSubmodules(
  reader: SlotReader,
  directories: GitDirectories,
  slotPath: string,
): SubmoduleProbe {
  const { gitDirectory } = directories;
  const findings: Finding[] = [];
  const unverified: UnverifiedFinding[] = [];
  const gitLocks: GitLock[] = [];
  const unread: UnreadPlace[] = [];
  const named = locateSubmodules(reader, gitDirectory, slotPath);
  const places = placesOf(named, listModules(reader, gitDirectory));
  for (const place of named)
    if (place.repository === undefined) findings.push(describeLostLink(place, gitDirectory));
  if (places.size > mostSubmodules)
    unread.push({ path: gitDirectory, detail: `more than ${mostSubmodules} submodules` });
  for (const [path, place] of [...places].slice(0, mostSubmodules)) {
    const own = { gitDirectory: path, commonDirectory: path };
    const name = relative(gitDirectory, path);
    const workTree = place?.workTree ?? slotPath;
    const probe = probeRepository(reader, own, { workTree, root: slotPath, isSubmodule: true });
    const isTold = ({ code }: Finding): boolean => code !== "config_unsafe" || place?.isLinked === true;
    const cutOff = place?.isRecorded === true && !probe.hasCommit ? [describeCutOff(path)] : [];
    const told = [...probe.findings.filter(isTold), ...cutOff, ...findStrayCommonLink(reader, path)];
    findings.push(...told.map((one) => ofSubmodule(one, name)));
    for (const each of probe.unverified)
      unverified.push({ ...each, directories: own, finding: ofSubmodule(each.finding, name) });
    gitLocks.push(...readGitLocks(reader, own));
    unread.push(...probe.unread);
    if (probe.unsupported !== undefined) unread.push({ path, detail: probe.unsupported });
  }
  return { findings, unverified, gitLocks, unread };
}

/** The git directories of a slot's submodules, those in submodules included, as far as they are looked at. */
export function listSubmoduleRepositories(
  reader: SlotReader,
  gitDirectory: string,
  slotPath: string,
): string[] {
  const named = locateSubmodules(reader, gitDirectory, slotPath);
  return [...placesOf(named, listModules(reader, gitDirectory)).keys()].slice(0, mostSubmodules);
}

/** By git directory; undefined for one that `.gitmodules` does not name. */
function placesOf(
  named: readonly SubmodulePlace[],
  modules: readonly string[],
): Map<string, SubmodulePlace | undefined> {
  const places = new Map(modules.map((path) => [path, undefined as SubmodulePlace | undefined]));
  for (const place of named) if (place.repository !== undefined) places.set(place.repository, place);
  return places;
}

/** What is wrong with a submodule's repository, as a fault of the slot. `name` is the path below its git directory. */
export function ofSubmodule(finding: Finding, name: string): Finding {
  const { code, isPassing = false } = finding;
  const isOwnersChoice = code === "head_branch_unborn" && !isPassing;
  return {
    ...finding,
    ...(isOwnersChoice ? { isOwnersChoice } : {}),
    code: "submodule_corrupt",
    found: `${code} in ${name}: ${finding.found}`,
  };
}

/** Git fetches nothing into a repository that it finds there, and has no commit to check out. */
function describeCutOff(path: string): Finding {
  return {
    code: "head_branch_unborn",
    path,
    expected: "the commit that is recorded",
    found: "no commit at all",
    depth: "probe",
    isPassing: true,
  };
}

/** True of a repository that has its own objects, and a file with which git looks for them elsewhere. */
export function hasStrayCommonLink(reader: SlotReader, repository: string): boolean {
  const isThere = reader.readListedEntry(commonLinkPath(repository)).kind !== "missing";
  return isThere && reader.isDirectory(`${repository}/objects`);
}

function findStrayCommonLink(reader: SlotReader, repository: string): Finding[] {
  if (!hasStrayCommonLink(reader, repository)) return [];
  const at = { path: commonLinkPath(repository), depth: "probe" as const };
  return [{ ...at, code: "git_invalid", expected: "nothing", found: "a link elsewhere" }];
}

/** Git directories below `modules`; a submodule's name may hold slashes, and submodules nest. */
function listModules(reader: SlotReader, gitDirectory: string): string[] {
  const found: string[] = [];
  const pending = [{ path: `${gitDirectory}/modules`, depth: 0 }];
  for (let read = 0, next = pending.pop(); next !== undefined && read < mostModuleFolders; read++) {
    const { path, depth } = next;
    const names = depth > deepestModuleFolder ? [] : reader.listNames(path);
    // The shape of a git directory that is broken too: any two of what git asks for.
    const isRepository =
      ["HEAD", "config", "objects", "refs"].filter((name) => names.includes(name)).length > 1;
    if (isRepository) {
      found.push(path);
      if (names.includes("modules")) pending.push({ path: `${path}/modules`, depth: depth + 1 });
    } else pending.push(...names.map((name) => ({ path: `${path}/${name}`, depth: depth + 1 })));
    next = pending.pop();
  }
  return found;
}

function describeLostLink({ link, target }: SubmodulePlace, gitDirectory: string): Finding {
  const found = target === undefined ? "no link" : "a link to nothing";
  const expected = `a link into ${gitDirectory}/modules`;
  return { code: "submodule_corrupt", path: link, expected, found, depth: "probe" };
}
