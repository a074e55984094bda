import { join, relative } from "node:path";
import { readSubmodulePaths } from "../../git/config/submodule-paths.ts";
import { readGitFile, type GitDirectories } from "../../git/git-directory.ts";
import { isInside } from "../../platform/contained-path.ts";
import type { Finding, GitLock, UnreadPlace } from "../finding.ts";
import { readGitLocks } from "../../git/git-locks.ts";
import { probeRepository } from "./repository-probe.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** What the repositories of a slot's submodules show. */
export interface SubmoduleProbe {
  readonly findings: readonly Finding[];
  readonly gitLocks: readonly GitLock[];
  readonly unread: readonly UnreadPlace[];
}

const deepestModuleFolder = 8;
const mostSubmodules = 200;
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
  const findings: Finding[] = [];
  const gitLocks: GitLock[] = [];
  const unread: UnreadPlace[] = [];
  const modules = listModules(reader, directories.gitDirectory);
  const embedded = listEmbedded(reader, slotPath, directories.gitDirectory);
  const places = [...modules, ...embedded.repositories];
  if (places.length > mostSubmodules)
    unread.push({ path: directories.gitDirectory, detail: `more than ${mostSubmodules} submodules` });
  for (const path of places.slice(0, mostSubmodules)) {
    const own = { gitDirectory: path, commonDirectory: path };
    const name = relative(directories.gitDirectory, path);
    const probe = probeRepository(reader, own, { workTree: slotPath, root: slotPath, isSubmodule: true });
    findings.push(...probe.findings.filter((one) => !isUsual(one)).map((one) => ofSubmodule(one, name)));
    gitLocks.push(...readGitLocks(reader, own));
    unread.push(...probe.unread);
  }
  return { findings: [...findings, ...embedded.findings], gitLocks, unread };
}

function ofSubmodule(finding: Finding, name: string): Finding {
  return { ...finding, code: "submodule_corrupt", found: `${finding.code} in ${name}: ${finding.found}` };
}

/** A submodule's repository names its work tree, which is somewhere in the slot. */
function isUsual({ code }: Finding): boolean {
  return code === "config_unsafe";
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

/** Submodules that `.gitmodules` names: those whose repository is in their work tree, and links that lead nowhere. */
function listEmbedded(
  reader: SlotReader,
  slotPath: string,
  gitDirectory: string,
): { repositories: string[]; findings: Finding[] } {
  const repositories: string[] = [];
  const findings: Finding[] = [];
  for (const path of readSubmodulePaths(reader, slotPath).slice(0, mostSubmodules)) {
    const link = join(slotPath, path, ".git");
    if (!isInside(slotPath, link) || !reader.isReallyInside(slotPath, link)) continue;
    const { kind } = reader.readEntry(link);
    if (kind === "directory") repositories.push(link);
    if (kind !== "file") continue;
    const target = readGitFile(reader, link);
    if (target !== undefined && reader.readDirectory(target).kind !== "missing") continue;
    const found = target === undefined ? "no link" : "a link to nothing";
    const expected = `a link into ${gitDirectory}/modules`;
    findings.push({ code: "submodule_corrupt", path: link, expected, found, depth: "probe" });
  }
  return { repositories, findings };
}
